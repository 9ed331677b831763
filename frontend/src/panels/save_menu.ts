/** "Save" in the head of a panel: as picture or as numbers. */
import type { SeriesValues } from "../api/types";
import { toCsv } from "../export/csv";
import { toPng, toSvg } from "../export/picture";
import { fileName, save } from "../export/save";
import { h } from "../ui/dom";

export interface Saved {
  readonly run: string;
  readonly name: string;
  readonly series: readonly SeriesValues[];
  /** Steps in sight, or null for all. */
  readonly range: readonly [number, number] | null;
}

export function saveMenu(panel: () => HTMLElement, what: () => Saved | null): HTMLElement {
  const summary = h("summary", { "aria-label": "Save this panel" }, "save");
  const item = (label: string, act: (saved: Saved) => void | Promise<void>) =>
    h(
      "button",
      {
        type: "button",
        "data-testid": `save-${label.toLowerCase()}`,
        on: {
          click: () => {
            menu.open = false;
            summary.focus();
            const saved = what();
            if (saved) void act(saved);
          },
        },
      },
      label,
    );
  const picture = ({ run, name }: Saved) => toSvg(panel(), `${run} · ${name} · tb_stability`);
  const file = ({ run, name }: Saved, extension: string) => fileName([run, name], extension);
  const menu: HTMLDetailsElement = h(
    "details",
    { class: "save-menu" },
    summary,
    h(
      "div",
      { class: "save-items" },
      item("PNG", async (saved) => {
        save(await toPng(picture(saved)), file(saved, "png"));
      }),
      item("SVG", (saved) => {
        const { text } = picture(saved);
        save(new Blob([text], { type: "image/svg+xml" }), file(saved, "svg"));
      }),
      item("CSV", (saved) => {
        const text = toCsv(saved.series, saved.range);
        save(new Blob([text], { type: "text/csv" }), file(saved, "csv"));
      }),
    ),
  );
  menu.addEventListener("focusout", (event) => {
    if (!menu.contains(event.relatedTarget as Node | null)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    summary.focus();
  });
  return menu;
}

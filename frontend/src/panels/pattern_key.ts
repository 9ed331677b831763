/**
 * The key to the patterns of cells without a finite value, all once a page and in
 * each panel those that are seen in it.
 */
import { tile, type Filling } from "../charts/patterns";
import { h } from "../ui/dom";

const KEY: readonly (readonly [Filling, string])[] = [
  ["nan", "NaN"],
  ["inf", "+Inf"],
  ["-inf", "−Inf"],
  ["missing", "not measured"],
  ["partial", "partly NaN or infinite"],
];

function swatch(filling: Filling): HTMLElement {
  const canvas = h("canvas", { class: "swatch", "aria-hidden": "true" });
  [canvas.width, canvas.height] = [32, 24];
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = context.createPattern(tile(filling, 2), "repeat") ?? "";
    context.fillRect(0, 0, 32, 24);
  }
  return canvas;
}

function sampleOf(filling: Filling): HTMLElement {
  return filling === "partial"
    ? h("span", { class: "swatch partial" }, swatch("nan"))
    : swatch(filling);
}

const entries = (shown: readonly (readonly [Filling, string])[]) =>
  shown.map(([filling, text]) =>
    h("li", { "data-filling": filling }, sampleOf(filling), h("span", {}, text)),
  );

export const patternKey = (): HTMLElement =>
  h("ul", { class: "pattern-key", "data-testid": "pattern-key" }, ...entries(KEY));

/** In the head of a panel. */
export class PanelKey {
  readonly element = h("ul", { class: "pattern-key in-panel", "data-testid": "panel-key" });
  private shown = "";

  update(seen: ReadonlySet<Filling>): void {
    const wanted = KEY.filter(([filling]) => seen.has(filling));
    const shown = wanted.map(([filling]) => filling).join();
    if (shown === this.shown) return;
    this.shown = shown;
    this.element.replaceChildren(...entries(wanted));
  }
}

/** Labels of a run's markers, above its panels: a button each, none covering another. */
import { layoutLabels, type Label } from "../charts/markers";
import { toPixel } from "../charts/xmap";
import type { Marker } from "../model/scene";
import { placeText } from "../model/verdict";
import { sameOnset } from "../state/view";
import { h } from "../ui/dom";
import type { PanelContext } from "./context";
import { onsetPlace, onsetTitle } from "./onset_card";

const LANE = 20;
const MOST_LANES = 5;
/** Labels may reach this far into the gutters. */
const REACH = 50;
const LETTER = 6.4;
const PADDING = 14;

let measure: CanvasRenderingContext2D | null = null;

function textWidth(text: string, font: string): number {
  measure ??= document.createElement("canvas").getContext("2d");
  if (!measure) return text.length * LETTER;
  measure.font = font;
  return measure.measureText(text).width || text.length * LETTER;
}

export const markerLabel = ({ onset }: Marker): string => placeText(onset);

export class MarkerStrip {
  private readonly area = h("div", { class: "marker-area" });
  readonly element = h("div", { class: "marker-strip", "data-testid": "marker-strip" }, this.area);
  private key = "";
  private context: PanelContext | null = null;

  update(context: PanelContext): void {
    this.context = context;
    const { map, scene, view } = context;
    const visible = scene.markers.filter(
      ({ x }) => x !== null && x >= map.domain[0] && x <= map.domain[1],
    );
    const before = scene.markers.filter(({ x }) => x !== null && x < map.domain[0]).length;
    const after = scene.markers.filter(({ x }) => x !== null && x > map.domain[1]).length;
    const key = JSON.stringify([
      map,
      before,
      after,
      view.onset,
      visible.map((marker) => [marker.x, markerLabel(marker), marker.onset.message]),
    ]);
    if (key === this.key) return;
    this.key = key;
    this.draw(visible);
    this.area.append(...this.outside(before, "before"), ...this.outside(after, "after"));
  }

  private draw(visible: readonly Marker[]): void {
    const { map, view } = this.context!;
    const family = getComputedStyle(this.element).fontFamily || "sans-serif";
    const fontOf = (marker: Marker) => `${marker.onset.cause === null ? 600 : 500} 12px ${family}`;
    const labels: Label[] = visible.map((marker) => ({
      id: String(marker.index),
      x: Math.round(toPixel(map, marker.x!)),
      width: textWidth(markerLabel(marker), fontOf(marker)) + PADDING,
    }));
    const placed = layoutLabels(labels, [-REACH, map.width + REACH], MOST_LANES);
    const lanes = Math.max(0, ...placed.map(({ lane }) => (lane ?? -1) + 1));
    this.element.style.height = visible.length ? `${lanes * LANE + 4}px` : "0";
    this.area.style.width = `${map.width}px`;
    const focused = (document.activeElement as HTMLElement | null)?.dataset["index"];
    const hadFocus = this.area.contains(document.activeElement);
    this.area.replaceChildren(
      ...placed.flatMap(({ id, x, left, lane, more }) => {
        const marker = visible.find(({ index }) => String(index) === id)!;
        const chosen = sameOnset(view.onset, marker.choice);
        const line = h("div", {
          class: `strip-line ${marker.onset.severity}${chosen ? " chosen" : ""}`,
          style: { left: `${x}px`, height: `${((lane ?? 0) + 0.5) * LANE + 4}px` },
        });
        if (lane === null) return [line];
        const text = markerLabel(marker) + (more ? ` +${more}` : "");
        const place = { left: `${left}px`, bottom: `${lane * LANE + 4}px` };
        return [line, this.button(marker, text, place, chosen)];
      }),
    );
    if (hadFocus && focused !== undefined)
      this.area.querySelector<HTMLElement>(`[data-index="${CSS.escape(focused)}"]`)?.focus();
  }

  private button(
    marker: Marker,
    text: string,
    place: Readonly<Record<string, string>>,
    chosen: boolean,
  ): HTMLElement {
    const { onset, choice } = marker;
    const preview = (event: Event) => {
      const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
      this.context?.actions.previewOnset(marker, box);
    };
    const leave = () => this.context?.actions.previewOnset(null, null);
    return h(
      "button",
      {
        type: "button",
        class: `marker-label ${onset.severity}${onset.cause === null ? "" : " follows"}`,
        style: place,
        "data-testid": "marker",
        "data-kind": onset.kind,
        "data-run": choice.run,
        "data-epoch": onset.epoch,
        "data-index": marker.index,
        "aria-label": `${onsetTitle(onset)}, ${onsetPlace(onset)}`,
        "aria-pressed": String(chosen),
        on: {
          mouseenter: preview,
          focus: preview,
          mouseleave: leave,
          blur: leave,
          click: () => {
            this.context?.actions.chooseOnset(choice);
          },
        },
      },
      text,
    );
  }

  /** Markers that the zoom leaves out must not be forgotten. */
  private outside(count: number, side: "before" | "after"): HTMLElement[] {
    if (count === 0) return [];
    this.element.style.height = `${Math.max(LANE + 4, parseFloat(this.element.style.height))}px`;
    const text = side === "before" ? `◂ ${count} earlier` : `${count} later ▸`;
    return [
      h(
        "button",
        {
          type: "button",
          class: `marker-outside ${side}`,
          title: "Outside of the zoom: show all",
          on: { click: () => this.context?.actions.zoom(null) },
        },
        text,
      ),
    ];
  }
}

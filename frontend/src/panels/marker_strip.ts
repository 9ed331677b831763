/** Labels of a run's markers, above its panels: none covers another, and neighbours share one. */
import { layoutLabels, type Label, type PlacedLabel } from "../charts/markers";
import { stackUp, type Stack } from "../charts/stacks";
import { toPixel, type XMap } from "../charts/xmap";
import type { Marker } from "../model/scene";
import { placeText } from "../model/verdict";
import { sameOnset } from "../state/view";
import { h } from "../ui/dom";
import type { PanelContext } from "./context";
import { MarkerStack } from "./marker_stack";
import { onsetPlace } from "./onset_card";

const LANE = 20;
const MOST_LANES = 5;
/** Labels may reach this far into the gutters, where nothing is told of what is out of sight. */
const REACH = 50;
const LETTER = 6.4;
const PADDING = 14;
/** What a count beside the label takes. */
const COUNT = 26;

let measure: CanvasRenderingContext2D | null = null;

function textWidth(text: string, font: string): number {
  measure ??= document.createElement("canvas").getContext("2d");
  if (!measure) return text.length * LETTER;
  measure.font = font;
  return measure.measureText(text).width || text.length * LETTER;
}

export const markerLabel = ({ onset }: Marker): string => placeText(onset);

/** Causes before what they explain, then as they came. */
const rankOf = ({ onset, index }: Marker): number => (onset.cause === null ? 0 : 1e6) + index;

export class MarkerStrip {
  private readonly area = h("div", { class: "marker-area" });
  readonly element = h("div", { class: "marker-strip", "data-testid": "marker-strip" }, this.area);
  private key = "";
  private family = "";
  private context: PanelContext | null = null;
  private readonly stack = new MarkerStack((marker, chosen) => this.button(marker, chosen));

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
      context.full,
      before,
      after,
      view.onset,
      visible.map((marker) => [marker.x, markerLabel(marker), marker.onset.message]),
    ]);
    if (key === this.key) return;
    this.key = key;
    const reach = [before ? 0 : REACH, after ? 0 : REACH] as const;
    this.draw(visible, this.lanesAtRest(), reach);
    this.area.append(...this.outside(before, "before"), ...this.outside(after, "after"));
  }

  /**
   * Lanes that the labels take when all of the axis is in sight. A zoom keeps to them, so that the
   * panels below stay where they are: a label that finds no room joins that of a neighbour.
   */
  private lanesAtRest(): number {
    const { map, full, scene } = this.context!;
    const all = scene.markers.filter(({ x }) => x !== null);
    if (!all.length) return 0;
    const { placed } = this.layout(
      all,
      { domain: full ?? map.domain, width: map.width },
      MOST_LANES,
      [REACH, REACH],
    );
    return Math.max(...placed.map(({ lane }) => (lane ?? -1) + 1));
  }

  private layout(
    markers: readonly Marker[],
    map: XMap,
    lanes: number,
    [before, after]: readonly [number, number],
  ) {
    const family = (this.family ||= getComputedStyle(this.element).fontFamily || "sans-serif");
    const byId = new Map(markers.map((marker) => [String(marker.index), marker]));
    const stacks = stackUp(
      markers.map((marker) => ({
        id: String(marker.index),
        x: Math.round(toPixel(map, marker.x!)),
        rank: rankOf(marker),
      })),
    );
    const labels: Label[] = stacks.map(({ ids, x }, i) => {
      const first = byId.get(ids[0]!)!;
      const font = `${first.onset.cause === null ? 600 : 500} 12px ${family}`;
      const width = textWidth(markerLabel(first), font) + PADDING;
      return { id: String(i), x, width: width + (ids.length > 1 ? COUNT : 0) };
    });
    const placed = layoutLabels(labels, [-before, map.width + after], lanes);
    return { placed, stacks, byId };
  }

  private draw(visible: readonly Marker[], lanes: number, reach: readonly [number, number]): void {
    const { map } = this.context!;
    const { placed, stacks, byId } = this.layout(visible, map, lanes, reach);
    this.element.style.height = lanes ? `${lanes * LANE + 4}px` : "0";
    this.area.style.width = `${map.width}px`;
    const focused = (document.activeElement as HTMLElement | null)?.dataset["index"];
    const hadFocus = this.area.contains(document.activeElement);
    this.area.replaceChildren(
      ...placed.flatMap((label) => this.labelled(label, stacks, byId)),
      this.stack.element,
    );
    this.stack.tidy();
    if (hadFocus && focused !== undefined)
      this.area.querySelector<HTMLElement>(`[data-index="${CSS.escape(focused)}"]`)?.focus();
  }

  /** The lines of a stack, and its label where there was room for it. */
  private labelled(
    { id, left, lane, lost }: PlacedLabel,
    stacks: readonly Stack[],
    byId: ReadonlyMap<string, Marker>,
  ): HTMLElement[] {
    const { view, map } = this.context!;
    const own = stacks[Number(id)]!.ids.map((one) => byId.get(one)!);
    const height = `${((lane ?? 0) + 0.5) * LANE + 4}px`;
    // Where lines coincide, that of the first is on top.
    const lines = own.toReversed().map(({ onset, choice, x }) => {
      const chosen = sameOnset(view.onset, choice) ? " chosen" : "";
      const style = { left: `${Math.round(toPixel(map, x!))}px`, height };
      return h("div", { class: `strip-line ${onset.severity}${chosen}`, style });
    });
    if (lane === null) return lines;
    const others = lost.flatMap((other) => stacks[Number(other)]!.ids.map((one) => byId.get(one)!));
    const all = [...own, ...others];
    const place = { left: `${left}px`, bottom: `${lane * LANE + 4}px` };
    const chosen = view.onset;
    const label =
      all.length === 1 ? this.button(own[0]!, chosen) : this.stack.label(all, chosen, place);
    Object.assign(label.style, place);
    return [...lines, label];
  }

  /** The button of one marker: its card while pointed at, its finding when pressed. */
  private button(marker: Marker, chosen: PanelContext["view"]["onset"]): HTMLElement {
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
        "data-testid": "marker",
        "data-kind": onset.kind,
        "data-run": choice.run,
        "data-epoch": onset.epoch,
        "data-index": marker.index,
        "aria-label": `${markerLabel(marker)}, ${onsetPlace(onset)}`,
        "aria-pressed": String(sameOnset(chosen, choice)),
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
      markerLabel(marker),
    );
  }

  /** Markers that the zoom leaves out must not be forgotten. */
  private outside(count: number, side: "before" | "after"): HTMLElement[] {
    if (count === 0) return [];
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

/**
 * The plot area that all panels share: crosshair, marker lines, ticks, drag to zoom. What is
 * painted on its canvas is the panel's own business.
 */
import { xTicks } from "../charts/axis";
import { fromPixel, toPixel, zoomAround, clampZoom } from "../charts/xmap";
import { sameOnset } from "../state/view";
import { h, setText, toggle } from "../ui/dom";
import type { Marker } from "../model/scene";
import type { PanelContext, Pointed } from "./context";

export interface StageEvents {
  /** The row under a y of the stage, or null. */
  rowAt(y: number): number | null;
  click(at: Pointed): void;
}

const DRAG_FROM = 4;
const NEAR_MARKER = 4;

export class Stage {
  readonly canvas = h("canvas", { "aria-hidden": "true" });
  private readonly crosshair = h("div", { class: "crosshair", hidden: true });
  private readonly selection = h("div", { class: "selection", hidden: true });
  private readonly lines = h("div", { class: "marker-lines" });
  readonly area = h(
    "div",
    { class: "stage" },
    this.canvas,
    this.lines,
    this.selection,
    this.crosshair,
  );
  readonly left = h("div", { class: "gutter-left" });
  readonly right = h("div", { class: "gutter-right" });
  private readonly ticks = h("div", { class: "x-ticks", "aria-hidden": "true" });
  readonly element = h("div", { class: "plot" }, this.left, this.area, this.right, this.ticks);
  private context: PanelContext | null = null;
  private drag: { readonly from: number; moved: boolean } | null = null;
  /** Where the mouse is, while it is over the plot. */
  private hovered: PointerEvent | null = null;
  private tickKey = "";
  private markerKey = "";

  constructor(
    private readonly panel: string,
    private readonly events: StageEvents,
  ) {
    const { area } = this;
    area.addEventListener("pointermove", (event) => {
      this.move(event);
    });
    area.addEventListener("pointerleave", () => {
      this.hovered = null;
      if (!this.drag) this.context?.actions.point(null);
    });
    area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      area.setPointerCapture(event.pointerId);
      this.drag = { from: this.offset(event)[0], moved: false };
    });
    area.addEventListener("pointerup", (event) => {
      this.drop(event);
    });
    area.addEventListener("pointercancel", () => {
      this.drag = null;
      toggle(this.selection, false);
    });
    area.addEventListener("dblclick", () => this.context?.actions.zoom(null));
    area.addEventListener("wheel", (event) => {
      this.wheel(event);
    });
  }

  private offset(event: MouseEvent): [number, number] {
    const box = this.area.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  private pointed(event: MouseEvent): Pointed | null {
    if (!this.context) return null;
    const [x, y] = this.offset(event);
    const marker = this.markerNear(x);
    return {
      panel: this.panel,
      x: fromPixel(this.context.map, x),
      row: this.events.rowAt(y),
      pageX: event.clientX,
      pageY: event.clientY,
      marker,
      beside: marker ? this.atPixelOf(marker) - 1 : 0,
    };
  }

  /** Something else is under the pointer, which has not moved. False where there is no pointer. */
  repoint(): boolean {
    if (this.hovered) this.context?.actions.point(this.pointed(this.hovered));
    return this.hovered !== null;
  }

  private move(event: PointerEvent): void {
    this.hovered = event;
    const [x] = this.offset(event);
    if (this.drag) {
      this.drag.moved ||= Math.abs(x - this.drag.from) > DRAG_FROM;
      if (this.drag.moved) this.showSelection(this.drag.from, x);
    }
    this.area.classList.toggle("near-marker", this.markerNear(x) !== null);
    this.context?.actions.point(this.pointed(event));
  }

  private showSelection(from: number, to: number): void {
    const width = this.context?.map.width ?? 0;
    const [a, b] = [Math.max(0, Math.min(from, to)), Math.min(width, Math.max(from, to))];
    this.selection.style.left = `${a}px`;
    this.selection.style.width = `${b - a}px`;
    toggle(this.selection, true);
  }

  private drop(event: PointerEvent): void {
    const { drag, context } = this;
    this.drag = null;
    toggle(this.selection, false);
    if (!drag || !context) return;
    const [x] = this.offset(event);
    if (drag.moved) {
      context.actions.zoom([fromPixel(context.map, drag.from), fromPixel(context.map, x)]);
      return;
    }
    const marker = this.markerNear(x);
    if (marker) {
      context.actions.chooseOnset(marker.choice);
      return;
    }
    const at = this.pointed(event);
    if (at) this.events.click(at);
  }

  /** Ctrl (or a pinch) zooms, Shift moves along; a plain wheel scrolls the page as ever. */
  private wheel(event: WheelEvent): void {
    const { context } = this;
    if (!context?.full || (!event.ctrlKey && !event.metaKey && !event.shiftKey)) return;
    event.preventDefault();
    const { map, full, actions } = context;
    const delta = event.deltaY || event.deltaX;
    if (event.shiftKey) {
      const [a, b] = map.domain;
      const wish = (delta / map.width) * (b - a);
      const shift = Math.max(full[0] - a, Math.min(full[1] - b, wish));
      actions.zoom(clampZoom([a + shift, b + shift], full));
      return;
    }
    const centre = fromPixel(map, this.offset(event)[0]);
    const factor = Math.exp(Math.max(-0.4, Math.min(0.4, delta * 0.004)));
    actions.zoom(clampZoom(zoomAround(map, centre, factor), full));
  }

  private markerNear(pixel: number): Marker | null {
    const { context } = this;
    if (!context) return null;
    let best: Marker | null = null;
    let distance = Infinity;
    for (const marker of context.scene.markers) {
      if (marker.x === null) continue;
      const away = Math.abs(toPixel(context.map, marker.x) - pixel);
      // Of several at one place the first: causes come before what they explain.
      if (away <= NEAR_MARKER && away < distance) [best, distance] = [marker, away];
    }
    return best;
  }

  private atPixelOf({ x }: Marker): number {
    const { map, scene } = this.context!;
    const near = ({ x: other }: Marker): boolean =>
      other !== null && Math.abs(toPixel(map, other) - toPixel(map, x!)) < 1;
    return scene.markers.filter(near).length;
  }

  update(context: PanelContext, height: number): void {
    this.context = context;
    const { map } = context;
    this.area.style.width = this.canvas.style.width = `${map.width}px`;
    this.area.style.height = `${height}px`;
    this.updateTicks(context);
    this.updateMarkers(context);
  }

  private updateTicks({ map, view }: PanelContext): void {
    const key = JSON.stringify([map, view.axis]);
    if (key === this.tickKey) return;
    this.tickKey = key;
    const ticks = xTicks(map, view.axis);
    ticks.forEach(({ x, text }, i) => {
      const tick = this.ticks.children[i] ?? this.ticks.appendChild(h("span", { class: "x-tick" }));
      (tick as HTMLElement).style.left = `${x}px`;
      setText(tick, text);
    });
    while (this.ticks.children.length > ticks.length) this.ticks.lastElementChild?.remove();
  }

  private updateMarkers({ map, scene, view }: PanelContext): void {
    const visible = scene.markers.filter(
      ({ x }) => x !== null && x >= map.domain[0] && x <= map.domain[1],
    );
    // Where lines coincide the chosen one is on top, else a cause.
    const height = ({ onset, choice }: Marker): number =>
      (sameOnset(view.onset, choice) ? 2 : 0) + (onset.cause === null ? 1 : 0);
    visible.sort((a, b) => height(a) - height(b));
    const lines = visible.map(({ x, onset, choice }) => ({
      left: Math.round(toPixel(map, x!)),
      kind: onset.kind,
      names: [
        "marker-line",
        onset.severity,
        onset.cause === null ? "" : "follows",
        sameOnset(view.onset, choice) ? "chosen" : "",
      ],
    }));
    const key = JSON.stringify(lines);
    if (key === this.markerKey) return;
    this.markerKey = key;
    this.lines.replaceChildren(
      ...lines.map(({ left, names, kind }) =>
        h("div", {
          class: names.join(" ").trim(),
          style: { left: `${left}px` },
          "data-testid": "marker-line",
          "data-kind": kind,
        }),
      ),
    );
  }

  /** The crosshair, at a place of the x axis. */
  point(x: number | null): void {
    const { context } = this;
    const pixel = context && x !== null ? toPixel(context.map, x) : -1;
    const shown = context !== null && pixel >= 0 && pixel <= context.map.width;
    toggle(this.crosshair, shown);
    if (shown) this.crosshair.style.transform = `translateX(${Math.round(pixel)}px)`;
  }

  pageLeft(): number {
    return this.area.getBoundingClientRect().left;
  }
}

/** Labels at heights of the left or right gutter. */
export function gutterLabels(
  gutter: HTMLElement,
  labels: readonly { readonly y: number; readonly text: string }[],
  name: string,
): void {
  let i = 0;
  for (const { y, text } of labels) {
    let label = gutter.children[i] as HTMLElement | undefined;
    if (!label) gutter.appendChild((label = h("span", { class: name })));
    label.style.top = `${y}px`;
    setText(label, text);
    i++;
  }
  while (gutter.children.length > i) gutter.lastElementChild?.remove();
}

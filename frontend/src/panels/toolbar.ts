/** Above the runs: what part of the axis is in sight, and the way back. */
import { AXIS_NAMES } from "../charts/axis";
import type { AxisMode } from "../model/columns";
import { h, setText, toggle } from "../ui/dom";
import { formatCount, formatDateTime, formatNumber } from "../ui/format";
import type { Actions } from "./context";

function placeText(value: number, axis: AxisMode): string {
  if (axis === "wall") return formatDateTime(value);
  return axis === "step" ? formatCount(Math.round(value)) : formatNumber(value, 4);
}

export class Toolbar {
  private readonly range = h("span", { "data-testid": "zoom-range" });
  private readonly reset: HTMLButtonElement;
  private readonly busy = h("span", { class: "busy", role: "status" });
  private readonly zoomed: HTMLElement;
  readonly element: HTMLElement;

  constructor(actions: Actions) {
    this.reset = h(
      "button",
      {
        type: "button",
        "data-testid": "reset-zoom",
        title: "Escape, or double click",
        on: {
          click: () => {
            actions.zoom(null);
          },
        },
      },
      "Show all",
    );
    this.zoomed = h("span", { class: "zoomed", hidden: true }, this.range, this.reset);
    this.element = h("div", { class: "toolbar" }, this.zoomed, this.busy);
  }

  update(zoom: readonly [number, number] | null, axis: AxisMode, message: string | null): void {
    toggle(this.zoomed, zoom !== null);
    if (zoom) {
      const [a, b] = zoom;
      setText(this.range, `${AXIS_NAMES[axis]} ${placeText(a, axis)} to ${placeText(b, axis)}`);
    }
    setText(this.busy, message ?? "");
    toggle(this.element, zoom !== null || message !== null);
  }
}

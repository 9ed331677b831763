/** Above the runs: what part of the axis is in sight, what is being read, and the way back. */
import { AXIS_NAMES } from "../charts/axis";
import type { AxisMode } from "../model/columns";
import type { Progress } from "../state/progress";
import type { ViewState } from "../state/view";
import { h, setText, toggle } from "../ui/dom";
import { formatCount, formatDateTime, formatNumber } from "../ui/format";
import type { Actions } from "./context";

function placeText(value: number, axis: AxisMode): string {
  if (axis === "wall") return formatDateTime(value);
  return axis === "step" ? formatCount(Math.round(value)) : formatNumber(value, 4);
}

/** What is quick is not worth a word. */
const WORTH_SHOWING_MS = 800;

export class Toolbar {
  private readonly range = h("span", { "data-testid": "zoom-range" });
  private readonly reset: HTMLButtonElement;
  private readonly lost = h("span", { class: "lost", role: "status" });
  private readonly bar = h("progress", { "aria-label": "Reading measurements" });
  private readonly count = h("span");
  private readonly reading = h(
    "span",
    { class: "reading", "data-testid": "progress", hidden: true },
    this.bar,
    this.count,
  );
  private readonly zoomed: HTMLElement;
  readonly element: HTMLElement;
  private progress: Progress | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

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
    this.element = h("div", { class: "toolbar" }, this.zoomed, this.reading, this.lost);
  }

  /** `lost`: why the list of runs is old. */
  update({ zoom, axis }: ViewState, progress: Progress | null, lost: string | null): void {
    toggle(this.zoomed, zoom !== null);
    if (zoom) {
      const [a, b] = zoom;
      setText(this.range, `${AXIS_NAMES[axis]} ${placeText(a, axis)} to ${placeText(b, axis)}`);
    }
    setText(this.lost, lost ? `${lost} Trying again.` : "");
    this.follow(progress);
    this.fold();
  }

  private follow(progress: Progress | null): void {
    this.progress = progress;
    if (!progress) {
      clearTimeout(this.timer);
      this.timer = undefined;
      toggle(this.reading, false);
      return;
    }
    this.timer ??= setTimeout(() => {
      toggle(this.reading, this.progress !== null);
      this.fold();
    }, WORTH_SHOWING_MS);
    this.bar.max = progress.total;
    this.bar.value = progress.done;
    setText(this.count, `Reading: ${progress.done} of ${progress.total}`);
  }

  private fold(): void {
    const parts = [this.zoomed, this.reading];
    toggle(this.element, parts.some(({ hidden }) => !hidden) || this.lost.textContent !== "");
  }
}

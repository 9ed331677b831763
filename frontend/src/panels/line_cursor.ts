/** The keyboard on a panel of lines: left and right move from window to window, and say the values. */
import type { SeriesValues } from "../api/types";
import { toPixel } from "../charts/xmap";
import { extents, overlapping } from "../model/columns";
import { capital } from "../ui/format";
import type { PanelContext, Tip } from "./context";
import { moveBy } from "./keys";

interface Lines {
  readonly id: string;
  readonly context: PanelContext | null;
  /** Those with the most columns lead. */
  readonly series: readonly SeriesValues[];
  readonly tip: (x: number) => Tip | null;
}

export const tipSpeech = ({ title, place, readings, remarks }: Tip): string =>
  [`${title}, ${place}`, ...readings.map(({ name, value }) => `${name} ${value}`), ...remarks].join(
    ", ",
  );

export class LineCursor {
  private at: number | null = null;

  constructor(
    private readonly area: HTMLElement,
    private readonly lines: () => Lines,
  ) {
    area.tabIndex = 0;
    area.setAttribute("role", "application");
    area.setAttribute("aria-roledescription", "line chart");
    area.addEventListener("keydown", (event) => {
      this.key(event);
    });
    area.addEventListener("blur", () => {
      this.at = null;
      this.lines().context?.actions.point(null);
    });
  }

  private key(event: KeyboardEvent): void {
    const { context, series, id, tip } = this.lines();
    const leading = series.toSorted((a, b) => b.columns - a.columns)[0];
    if (!context || !leading) return;
    const places = extents(leading.x, context.view.axis);
    const [first, last] = overlapping(places, ...context.map.domain) ?? [0, -1];
    const from = this.at === null ? null : { row: 0, column: this.at };
    const moved = last < first ? null : moveBy(event, from, first, last, 1);
    if (!moved || event.key.startsWith("Page")) return;
    event.preventDefault();
    this.at = moved.column;
    const x = (places.start[moved.column]! + places.end[moved.column]!) / 2;
    const box = this.area.getBoundingClientRect();
    const pageX = box.left + toPixel(context.map, x);
    context.actions.point({
      panel: id,
      x,
      row: null,
      pageX,
      pageY: box.bottom,
      marker: null,
      beside: 0,
    });
    const found = tip(x);
    if (found) context.actions.say(capital(tipSpeech(found)));
  }
}

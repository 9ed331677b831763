/** A row of a heatmap as a table: the text alternative of what its line shows. */
import type { SeriesValues } from "../api/types";
import { cellAt } from "../model/cells";
import { h, replaceChildren } from "../ui/dom";
import { formatNumber } from "../ui/format";

const MOST_LINES = 500;
const NAMES = ["epoch", "steps", "mean", "min", "max", "last", "count", "non-finite"] as const;

export class ValueTable {
  private readonly table = h("table");
  private readonly note = h("p");
  readonly element = h(
    "details",
    { class: "values", "data-testid": "values" },
    h("summary", {}, "Values as a table"),
    h("div", { class: "values-scroller", tabindex: "0" }, this.table, this.note),
  );
  private current: (() => void) | null = null;
  private drawn: unknown[] = [];

  constructor() {
    this.element.addEventListener("toggle", () => this.current?.());
  }

  /** Only an open table is filled. */
  update(series: SeriesValues | null, row: number, range: readonly [number, number] | null): void {
    this.current = () => {
      if (!this.element.open || !series) return;
      const key = [series, row, range?.[0], range?.[1]];
      if (key.every((item, i) => item === this.drawn[i])) return;
      this.drawn = key;
      this.draw(series, row, range);
    };
    this.current();
  }

  private draw(series: SeriesValues, row: number, range: readonly [number, number] | null): void {
    const { x } = series;
    const lines: HTMLElement[] = [];
    let left = 0;
    for (let column = 0; column < series.columns; column++) {
      const [first, last] = [x.firstStep[column]!, x.lastStep[column]!];
      if (range && (last < range[0] || first > range[1])) continue;
      const cell = cellAt(series, row, column, "mean");
      if (!cell) continue;
      if (lines.length >= MOST_LINES) {
        left++;
        continue;
      }
      const missing = cell.class === "missing";
      const numbers = [cell.mean, cell.min, cell.max, cell.last].map((value) =>
        missing ? "not measured" : formatNumber(value),
      );
      const texts = [
        formatNumber(x.epochStart[column], 5),
        first === last ? String(first) : `${first}–${last}`,
        ...numbers,
        String(cell.count),
        String(cell.nonfinite),
      ];
      lines.push(h("tr", {}, ...texts.map((text) => h("td", {}, text))));
    }
    replaceChildren(
      this.table,
      h("thead", {}, h("tr", {}, ...NAMES.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, ...lines),
    );
    const more = `${left} more columns: zoom in, or save the panel as CSV.`;
    replaceChildren(this.note, left > 0 && more);
  }
}

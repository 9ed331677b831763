/** The keyboard on a heatmap: arrow keys move from cell to cell, Enter opens the row. */
import { toPixel } from "../charts/xmap";
import { cellAt } from "../model/cells";
import { capital } from "../ui/format";
import { columnsInSight, placesOf, type Grid } from "./heatmap_grid";
import { moveBy, type Place } from "./keys";
import { cellSpeech, placeOf } from "./tips";

interface Heatmap {
  readonly id: string;
  grid(): Grid | null;
  nameOf(row: number): string;
  /** Scroll a place of the list of rows into sight. */
  reveal(place: number): void;
  open(row: number | null): void;
}

export class HeatmapCursor {
  private at: Place | null = null;

  constructor(
    private readonly area: HTMLElement,
    private readonly heatmap: Heatmap,
  ) {
    area.tabIndex = 0;
    area.setAttribute("role", "application");
    area.setAttribute("aria-roledescription", "heatmap");
    area.addEventListener("keydown", (event) => {
      this.key(event);
    });
    area.addEventListener("blur", () => {
      this.at = null;
      heatmap.grid()?.context.actions.point(null);
    });
  }

  private key(event: KeyboardEvent): void {
    const grid = this.heatmap.grid();
    if (!grid?.rows.length) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (this.at) this.heatmap.open(grid.rows[this.at.row] ?? null);
      return;
    }
    const [first, last] = columnsInSight(grid);
    const moved = moveBy(event, this.at, first, last, grid.rows.length);
    if (!moved) return;
    event.preventDefault();
    this.at = moved;
    this.heatmap.reveal(moved.row);
    this.announce(moved);
  }

  private announce({ row: place, column }: Place): void {
    const grid = this.heatmap.grid();
    if (!grid) return;
    const { context, values } = grid;
    const { start, end } = placesOf(grid);
    const x = (start[column]! + end[column]!) / 2;
    const row = grid.rows[place]!;
    const box = this.area.getBoundingClientRect();
    context.actions.point({
      panel: this.heatmap.id,
      x,
      row,
      pageX: box.left + toPixel(context.map, x),
      pageY: box.top + (place + 1) * grid.rowHeight - grid.top,
      marker: null,
    });
    const cell = cellAt(values, row, column, context.view.statistic);
    const speech = cell && cellSpeech(this.heatmap.nameOf(row), placeOf(values, column), cell);
    if (speech) context.actions.say(capital(speech));
  }
}

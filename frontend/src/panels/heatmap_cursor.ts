/** The keyboard on a heatmap: arrow keys move from cell to cell, Enter opens the row. */
import { toPixel } from "../charts/xmap";
import { capital } from "../ui/format";
import { columnsInSight, placesOf, type Grid } from "./heatmap_grid";
import { moveBy, type Place } from "./keys";

interface Heatmap {
  readonly id: string;
  grid(): Grid | null;
  /** Scroll a row, counted from the top, into sight. */
  reveal(place: number): void;
  open(place: number): void;
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
      if (this.at) this.heatmap.open(this.at.row);
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
    const item = grid?.model.listed[place];
    if (!grid || !item) return;
    const { context, model } = grid;
    const { start, end } = placesOf(grid);
    const x = (start[column]! + end[column]!) / 2;
    const box = this.area.getBoundingClientRect();
    context.actions.point({
      panel: this.heatmap.id,
      x,
      row: place,
      pageX: box.left + toPixel(context.map, x),
      pageY: box.top + (place + 1) * grid.rowHeight - grid.top,
      marker: null,
      beside: 0,
    });
    context.actions.say(capital(model.speech(item, column)));
  }
}

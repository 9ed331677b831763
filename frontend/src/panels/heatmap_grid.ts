/** Where the cells of a heatmap lie at the moment: rows from the top, columns on the shared x axis. */
import type { SeriesValues } from "../api/types";
import { colourOf, type ColourScale } from "../charts/colour";
import { columnPixels } from "../charts/raster";
import { cellAt } from "../model/cells";
import { columnAt, extents } from "../model/columns";
import type { PaintedCell, PanelContext } from "./context";

export interface Grid {
  readonly context: PanelContext;
  readonly values: SeriesValues;
  /** Rows of the series that are listed, in their order. */
  readonly rows: readonly number[];
  readonly rowHeight: number;
  /** How far the rows are scrolled. */
  readonly top: number;
}

export const placesOf = ({ context, values }: Grid) => extents(values.x, context.view.axis);

/** The column at a place of the x axis, or -1. */
export const columnOf = (grid: Grid, x: number): number => columnAt(placesOf(grid), x);

/** First and last column of which a pixel is painted. */
export function columnsInSight(grid: Grid): readonly [number, number] {
  const { domain, width } = grid.context.map;
  const pixels = columnPixels(placesOf(grid), domain, Math.round(width));
  return [pixels[0]?.column ?? 0, pixels.at(-1)?.column ?? grid.values.columns - 1];
}

/** Where a cell is painted, in pixels of the stage. */
export function boxOf(grid: Grid, row: number, column: number) {
  const { map, ratio } = grid.context;
  const place = grid.rows.indexOf(row);
  if (place < 0) return null;
  const pixels = columnPixels(placesOf(grid), map.domain, Math.round(map.width * ratio));
  const found = pixels.find((item) => item.column === column);
  if (!found) return null;
  return {
    left: found.left / ratio,
    width: (found.right - found.left) / ratio,
    top: place * grid.rowHeight - grid.top,
  };
}

/** A cell as painted; `stage` is where the stage lies in the page. */
export function paintedCell(
  grid: Grid,
  scale: ColourScale,
  stage: DOMRect,
  row: number,
  column: number,
): PaintedCell | null {
  const cell = cellAt(grid.values, row, column, grid.context.view.statistic);
  if (!cell) return null;
  const box = boxOf(grid, row, column);
  return {
    value: cell.value,
    class: cell.class,
    rgb: colourOf(scale, cell.class, cell.value),
    x: stage.left + (box?.left ?? NaN),
    y: stage.top + (box?.top ?? NaN),
    width: box?.width ?? NaN,
    height: grid.rowHeight,
  };
}

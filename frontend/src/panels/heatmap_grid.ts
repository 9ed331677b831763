/** Where the cells of a heatmap lie at the moment: rows from the top, columns on the shared x axis. */
import type { SeriesValues } from "../api/types";
import { colourOf } from "../charts/colour";
import type { PaintedRow } from "../charts/heatmap";
import { columnPixels } from "../charts/raster";
import { classify, valuesOf } from "../model/cells";
import { columnAt, extents } from "../model/columns";
import type { PaintedCell, PanelContext } from "./context";
import type { HeatmapModel } from "./heatmap_source";

export interface Grid {
  readonly context: PanelContext;
  readonly model: HeatmapModel;
  readonly values: SeriesValues;
  /** What is painted, in order from the top. */
  readonly rows: readonly PaintedRow[];
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

/** Where a cell is painted, in pixels of the stage. `place` counts rows from the top. */
export function boxOf(grid: Grid, place: number, column: number) {
  const { map, ratio } = grid.context;
  if (place < 0 || place >= grid.rows.length) return null;
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
  stage: DOMRect,
  place: number,
  column: number,
): PaintedCell | null {
  const { model, rows, values } = grid;
  const painted = rows[place];
  if (!painted || column < 0 || column >= values.columns) return null;
  const { series, row } = painted;
  const at = row * series.columns + column;
  const value = valuesOf(series, model.statistic)[at]!;
  const kind = classify(value, series.statistics.get("count")?.[at]);
  const box = boxOf(grid, place, column);
  return {
    value,
    class: kind,
    rgb: colourOf(model.scale, kind, value),
    x: stage.left + (box?.left ?? NaN),
    y: stage.top + (box?.top ?? NaN),
    width: box?.width ?? NaN,
    height: grid.rowHeight,
  };
}

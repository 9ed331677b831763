/** Paints a heatmap: cells through an ImageData, one pixel a row, stretched; patterns over them. */
import type { Columns, SeriesValues } from "../api/types";
import type { Extents } from "../model/columns";
import type { ColourScale } from "./colour";
import { pattern, type Filling } from "./patterns";
import { columnPixels, gapPixels, rasterRow, type Stretch } from "./raster";
import { coloursOf } from "./row_colours";

export interface PaintedRow {
  readonly series: SeriesValues;
  readonly row: number;
}

export interface HeatmapFrame {
  readonly statistic: string;
  readonly scale: ColourScale;
  /** Of which all rows have the same. */
  readonly x: Columns;
  readonly places: Extents;
  readonly domain: readonly [number, number];
  /** In order from the top. */
  readonly rows: readonly PaintedRow[];
  readonly rowHeight: number;
  /** Scroll position: only rows in sight are painted. */
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
}

/** From this height on rows are separated by a line. */
export const SEPARATED_FROM = 9;

const buffer = { canvas: null as HTMLCanvasElement | null };

function bufferOf(width: number, height: number): CanvasRenderingContext2D | null {
  buffer.canvas ??= document.createElement("canvas");
  buffer.canvas.width = width;
  buffer.canvas.height = height;
  return buffer.canvas.getContext("2d");
}

export function rowsInSight(frame: HeatmapFrame): readonly [number, number] {
  const first = Math.max(0, Math.floor(frame.top / frame.rowHeight));
  const last = Math.ceil((frame.top + frame.height) / frame.rowHeight) - 1;
  return [first, Math.min(frame.rows.length - 1, last)];
}

/** Returns the patterns that are seen in what was painted. */
export function paintHeatmap(canvas: HTMLCanvasElement, frame: HeatmapFrame): ReadonlySet<Filling> {
  const seen = new Set<Filling>();
  const { ratio, rowHeight } = frame;
  const width = Math.round(frame.width * ratio);
  const height = Math.round(frame.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  const [first, last] = rowsInSight(frame);
  const count = last - first + 1;
  if (!context) return seen;
  context.clearRect(0, 0, width, height);
  if (count <= 0 || width <= 0) return seen;
  const source = bufferOf(width, count);
  if (!source) return seen;
  const image = source.createImageData(width, count);
  const pixels = new Uint32Array(image.data.buffer);
  const columns = columnPixels(frame.places, frame.domain, width);
  const fillings: { readonly y: number; readonly stretches: readonly Stretch[] }[] = [];
  for (let i = 0; i < count; i++) {
    const line = pixels.subarray(i * width, (i + 1) * width);
    const { series, row } = frame.rows[first + i]!;
    const colours = coloursOf(series, row, frame.statistic, frame.scale);
    const stretches = rasterRow(colours, columns, line);
    if (stretches.length) fillings.push({ y: i, stretches });
  }
  source.putImageData(image, 0, 0);
  const top = Math.round((first * rowHeight - frame.top) * ratio);
  const tall = Math.round(rowHeight * ratio * count);
  context.imageSmoothingEnabled = false;
  context.drawImage(source.canvas, 0, 0, width, count, 0, top, width, tall);
  for (const { y, stretches } of fillings)
    paintStretches(context, stretches, top + y * rowHeight * ratio, rowHeight * ratio, ratio);
  for (const { stretches } of fillings) for (const { filling } of stretches) seen.add(filling);
  context.fillStyle = pattern(context, "missing", ratio);
  for (const [left, right] of gapPixels(frame.x, columns)) {
    seen.add("missing");
    context.fillRect(left, top, right - left, tall);
  }
  if (rowHeight >= SEPARATED_FROM)
    for (let i = 1; i <= count; i++)
      context.clearRect(0, Math.round(top + i * rowHeight * ratio) - ratio, width, ratio);
  return seen;
}

function paintStretches(
  context: CanvasRenderingContext2D,
  stretches: readonly Stretch[],
  y: number,
  height: number,
  ratio: number,
): void {
  for (const { filling, left, right } of stretches) {
    if (filling !== "partial") {
      context.fillStyle = pattern(context, filling, ratio);
      context.fillRect(left, y, right - left, height);
      continue;
    }
    // The value stays visible above; a bar below says that it is not the whole truth.
    const bar = Math.max(2 * ratio, height * 0.35);
    const width = Math.max(right - left, 3 * ratio);
    context.fillStyle = "#fff";
    context.fillRect(left, y + height - bar - ratio, width, bar + ratio);
    context.fillStyle = pattern(context, "nan", ratio);
    context.fillRect(left, y + height - bar, width, bar);
  }
}

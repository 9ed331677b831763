/** Which column each device pixel of a heatmap row shows. Pure: no canvas here. */
import { classify, isPartial, valuesOf, type CellClass } from "../model/cells";
import { overlapping, type Extents } from "../model/columns";
import type { Columns, SeriesValues } from "../api/types";
import { PALETTE, paletteIndex } from "./colour";
import type { Scale } from "./scale";
import type { Filling } from "./patterns";

export interface ColumnPixels {
  readonly column: number;
  readonly left: number;
  /** Exclusive; at least one pixel, so that no column vanishes. */
  readonly right: number;
}

/** Pixel bounds of the columns in sight. Neighbours share a bound: no seams, no overlap. */
export function columnPixels(
  places: Extents,
  domain: readonly [number, number],
  pixels: number,
): ColumnPixels[] {
  const [a, b] = domain;
  const range = overlapping(places, a, b);
  if (!range || !(b > a)) return [];
  const at = (x: number) => Math.round(((x - a) / (b - a)) * pixels);
  const result: ColumnPixels[] = [];
  for (let column = range[0]; column <= range[1]; column++) {
    const left = Math.min(pixels - 1, Math.max(0, at(places.start[column]!)));
    const right = Math.min(pixels, Math.max(left + 1, at(places.end[column]!)));
    result.push({ column, left, right });
  }
  return result;
}

/** Pixel ranges between columns where windows are missing altogether. */
export function gapPixels(
  { firstStep, lastStep }: Columns,
  columns: readonly ColumnPixels[],
): (readonly [number, number])[] {
  const gaps: (readonly [number, number])[] = [];
  columns.forEach(({ column, right }, i) => {
    const next = columns[i + 1];
    if (next && firstStep[next.column]! > lastStep[column]! + 1 && next.left > right)
      gaps.push([right, next.left]);
  });
  return gaps;
}

export interface Stretch {
  readonly filling: Filling;
  readonly left: number;
  right: number;
}

/** Of two columns that share a pixel the more striking one is seen. */
const RANK: Readonly<Record<CellClass, number>> = {
  missing: 0,
  value: 1,
  "-inf": 2,
  inf: 3,
  nan: 4,
};

const packed = PALETTE.map(([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0);

/**
 * One row: its colours into `line` (RGBA, 0 where nothing is painted), and the stretches that a
 * pattern has to fill.
 */
export function rasterRow(
  series: SeriesValues,
  row: number,
  statistic: string,
  columns: readonly ColumnPixels[],
  scale: Scale,
  line: Uint32Array,
): Stretch[] {
  const values = valuesOf(series, statistic);
  const counts = series.statistics.get("count");
  const nonfinites = series.statistics.get("nonfinite");
  const stretches: Stretch[] = [];
  let edge = 0;
  let best = -1;
  let bestValue = -Infinity;
  const fill = (filling: Filling, left: number, right: number): void => {
    const previous = stretches.at(-1);
    if (previous?.filling === filling && previous.right >= left)
      previous.right = Math.max(previous.right, right);
    else stretches.push({ filling, left, right });
  };
  for (const { column, left, right } of columns) {
    const at = row * series.columns + column;
    const value = values[at]!;
    const kind = classify(value, counts?.[at]);
    let from = left;
    if (left < edge) {
      // The pixel is taken by the column before: replace it only by something more striking.
      const wins = RANK[kind] > best || (kind === "value" && best === 1 && value > bestValue);
      if (!wins) from = edge;
    }
    if (from < right) {
      const colour = kind === "value" ? packed[paletteIndex(scale.share(value))]! : 0;
      line.fill(colour, from, right);
      if (kind !== "value") fill(kind, from, right);
    }
    if (isPartial(kind, nonfinites?.[at])) fill("partial", left, right);
    if (from < right) {
      best = RANK[kind];
      bestValue = value;
    }
    edge = Math.max(edge, right);
  }
  return stretches;
}

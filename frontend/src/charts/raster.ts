/** Which column each device pixel of a heatmap row shows. Pure: no canvas here. */
import { overlapping, type Extents } from "../model/columns";
import type { Columns } from "../api/types";
import type { Filling } from "./patterns";
import { KINDS, VALUE, type RowColours } from "./row_colours";

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

function extend(stretches: Stretch[], filling: Filling, left: number, right: number): void {
  const previous = stretches.at(-1);
  if (previous?.filling === filling && previous.right >= left)
    previous.right = Math.max(previous.right, right);
  else stretches.push({ filling, left, right });
}

/**
 * One row: its colours into `line` (RGBA, 0 where nothing is painted), and the stretches that a
 * pattern has to fill. Of two columns that share a pixel the more striking one is seen.
 */
export function rasterRow(
  row: RowColours,
  columns: readonly ColumnPixels[],
  line: Uint32Array,
): Stretch[] {
  const { colours, kinds, partial, values } = row;
  const stretches: Stretch[] = [];
  let edge = 0;
  let best = -1;
  let bestValue = -Infinity;
  for (const { column, left, right } of columns) {
    const value = values[column]!;
    const kind = kinds[column]!;
    let from = left;
    if (left < edge) {
      // The pixel is taken by the column before: replace it only by something more striking.
      const wins = kind > best || (kind === VALUE && best === VALUE && value > bestValue);
      if (!wins) from = edge;
    }
    if (from < right) {
      if (right - from === 1) line[from] = colours[column]!;
      else line.fill(colours[column]!, from, right);
      if (kind !== VALUE) extend(stretches, KINDS[kind] as Filling, from, right);
      best = kind;
      bestValue = value;
    }
    if (partial[column]) extend(stretches, "partial", left, right);
    edge = Math.max(edge, right);
  }
  return stretches;
}

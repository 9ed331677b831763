/**
 * Where columns lie on the shared x axis, and back.
 *
 * Step k covers the interval (k-1, k], so a window of steps 21..40 covers 20..40 on the step axis,
 * just as it covers epoch_start..epoch_end on the epoch axis.
 */
import type { Columns } from "../api/types";

export type AxisMode = "epoch" | "step" | "wall";
export const AXIS_MODES: readonly AxisMode[] = ["epoch", "step", "wall"];

export interface Extents {
  readonly start: Float64Array;
  readonly end: Float64Array;
}

const cache = new WeakMap<Columns, Map<AxisMode, Extents>>();

export function extents(columns: Columns, mode: AxisMode): Extents {
  let modes = cache.get(columns);
  if (!modes) cache.set(columns, (modes = new Map<AxisMode, Extents>()));
  let found = modes.get(mode);
  if (!found) modes.set(mode, (found = measure(columns, mode)));
  return found;
}

function measure(columns: Columns, mode: AxisMode): Extents {
  if (mode === "epoch") return { start: columns.epochStart, end: columns.epochEnd };
  if (mode === "step")
    return { start: columns.firstStep.map((step) => step - 1), end: columns.lastStep };
  // A column says when it ended; it began when the one before it ended. The first took, per step,
  // as long as the second.
  const end = columns.wallTime;
  const start = end.map((time, i) => Math.min(time, end[i - 1] ?? time));
  if (end.length > 0) {
    const steps = (i: number) => (columns.lastStep[i] ?? 0) - (columns.firstStep[i] ?? 0) + 1;
    const pace = end.length > 1 ? Math.max(0, end[1]! - end[0]!) / steps(1) : 0;
    start[0] = end[0]! - (pace * steps(0) || 1e-3);
  }
  return { start, end };
}

/** Index of the column that covers x, or -1 where none does (outside, or in a gap). */
export function columnAt(places: Extents, x: number): number {
  const index = lastNotAfter(places.start, x);
  if (index < 0) return -1;
  const end = places.end[index]!;
  return x < end || (x === end && index === places.end.length - 1) ? index : -1;
}

/** Largest index whose value is <= x, or -1. */
function lastNotAfter(sorted: Float64Array, x: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= x) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Index of the first column that ends at x or later: the epoch of an epoch log; -1 after the last. */
export function columnEndingAfter(places: Extents, x: number): number {
  const index = places.end.findIndex((end) => end >= x);
  return index >= 0 && x >= 0 ? index : -1;
}

/** Index of the column that holds a step; of the nearest one where the step fell into a gap. */
export function columnOfStep(columns: Columns, step: number): number {
  const index = lastNotAfter(columns.firstStep, step);
  return columns.firstStep.length === 0 ? -1 : Math.max(0, index);
}

/** First and last index (inclusive) of the columns that overlap a..b; null where none does. */
export function overlapping(places: Extents, a: number, b: number): [number, number] | null {
  let first = Math.max(0, lastNotAfter(places.start, a));
  while (first < places.end.length && places.end[first]! <= a) first++;
  let last = lastNotAfter(places.start, b);
  while (last >= 0 && places.start[last]! >= b) last--;
  return first <= last ? [first, last] : null;
}

/** The same place on another axis, linear within a column. */
export function convert(columns: Columns, x: number, from: AxisMode, to: AxisMode): number {
  const a = extents(columns, from);
  const b = extents(columns, to);
  if (from === to || a.start.length === 0) return x;
  const index = Math.max(0, lastNotAfter(a.start, x));
  const width = a.end[index]! - a.start[index]!;
  const share = width > 0 ? (x - a.start[index]!) / width : 0;
  return b.start[index]! + Math.min(1, Math.max(0, share)) * (b.end[index]! - b.start[index]!);
}

export function span(places: Extents): [number, number] | null {
  const length = places.start.length;
  return length === 0 ? null : [places.start[0]!, places.end[length - 1]!];
}

/** What rows are ordered by: the largest value of each, or the step of its first onset. */
import type { Onset, SeriesValues } from "../api/types";
import { classify, valuesOf, type Statistic } from "./cells";
import type { RowOrder } from "./rows";

const cache = new WeakMap<SeriesValues, Map<Statistic, Float64Array>>();

function measure(series: SeriesValues, statistic: Statistic): Float64Array {
  const values = valuesOf(series, statistic);
  const counts = series.statistics.get("count");
  const { columns } = series;
  return Float64Array.from(series.rows, (_, row) => {
    let largest = NaN;
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      const kind = classify(values[at]!, counts?.[at]);
      // Infinity is the largest that there is; NaN tells nothing of size.
      const known = kind === "value" || kind === "inf";
      if (known && !(values[at]! <= largest)) largest = values[at]!;
    }
    return largest;
  });
}

/** Largest value of each row over all of its columns; NaN where it has none. */
export function largestOf(series: SeriesValues, statistic: Statistic): Float64Array {
  let known = cache.get(series);
  if (!known) cache.set(series, (known = new Map<Statistic, Float64Array>()));
  let found = known.get(statistic);
  if (!found) known.set(statistic, (found = measure(series, statistic)));
  return found;
}

/** The step of the first onset that names a row, whatever its quantity. */
export function firstOnsets(onsets: readonly Onset[]): ReadonlyMap<string, number> {
  const steps = new Map<string, number>();
  for (const { row, step } of onsets)
    if (row !== null) steps.set(row, Math.min(step, steps.get(row) ?? Infinity));
  return steps;
}

export interface RankedRun {
  readonly series: SeriesValues | null;
  readonly onsets: readonly Onset[];
}

const UNKNOWN = (): number => NaN;

/** By name, over all runs that are shown, so that their rows come in the same order. */
export function rankOver(
  runs: readonly RankedRun[],
  order: RowOrder,
  statistic: Statistic,
): (row: string) => number {
  if (order === "onset") {
    const steps = firstOnsets(runs.flatMap(({ onsets }) => onsets));
    return (row) => steps.get(row) ?? NaN;
  }
  if (order !== "largest") return UNKNOWN;
  const largest = new Map<string, number>();
  for (const { series } of runs) {
    if (!series) continue;
    const values = largestOf(series, statistic);
    series.rows.forEach((row, i) => {
      const known = largest.get(row);
      if (known === undefined || !(values[i]! <= known)) largest.set(row, values[i]!);
    });
  }
  return (row) => largest.get(row) ?? NaN;
}

/** What is normal for a row: its median and spread while the run was well. */
import type { Onset, SeriesValues } from "../api/types";
import { classify, valuesOf, type Statistic } from "./cells";

export interface Baseline {
  readonly median: number;
  /** Median absolute deviation, scaled to agree with the standard deviation of a normal one. */
  readonly spread: number;
  /** Windows that it was taken from. */
  readonly windows: number;
  /** They end before this step: the run's first onset. null: all windows were taken. */
  readonly until: number | null;
}

/** Of fewer windows nobody can say what is normal. */
const FEWEST = 5;
const NORMAL = 1.4826;

function median(sorted: Float64Array): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** From the columns that end before a step; null where they are too few. */
export function baselineUntil(
  series: SeriesValues,
  row: number,
  statistic: Statistic,
  until: number | null,
): Baseline | null {
  const values = valuesOf(series, statistic);
  const counts = series.statistics.get("count");
  const finite: number[] = [];
  for (let column = 0; column < series.columns; column++) {
    if (until !== null && series.x.lastStep[column]! >= until) break;
    const at = row * series.columns + column;
    if (classify(values[at]!, counts?.[at]) === "value") finite.push(values[at]!);
  }
  if (finite.length < FEWEST) return null;
  const middle = median(Float64Array.from(finite).sort());
  const away = Float64Array.from(finite, (value) => Math.abs(value - middle)).sort();
  return { median: middle, spread: NORMAL * median(away), windows: finite.length, until };
}

const cache = new WeakMap<SeriesValues, Map<string, Baseline | null>>();

/** The first onset of severity warning or above: what comes after it is not normal. */
export function firstTrouble(onsets: readonly Onset[]): number | null {
  const steps = onsets.filter(({ severity }) => severity !== "info").map(({ step }) => step);
  return steps.length ? Math.min(...steps) : null;
}

/**
 * The row's own baseline: from the windows before the run's first onset, so that it is never fed
 * with what it is to judge; from all windows in a run without one.
 */
export function baselineOf(
  series: SeriesValues,
  row: number,
  statistic: Statistic,
  onsets: readonly Onset[],
): Baseline | null {
  const until = firstTrouble(onsets);
  let known = cache.get(series);
  if (!known) cache.set(series, (known = new Map<string, Baseline | null>()));
  const key = `${row} ${statistic} ${until ?? ""}`;
  let found = known.get(key);
  if (found === undefined) known.set(key, (found = baselineUntil(series, row, statistic, until)));
  return found;
}

/** Rows folded into one: the largest of their values in each column, and whose it is. */
import type { SeriesValues } from "../api/types";
import { classify, valuesOf } from "./cells";

export interface SummaryRow {
  /** One row, with the statistic asked for and the counts of all that it stands for. */
  readonly series: SeriesValues;
  /** For each column the index of the row that is largest there; -1 where none has a value. */
  readonly largest: Int32Array;
}

/** What "largest" compares: the values, or of differences their sizes, whichever way they go. */
export type Measure = "value" | "size";

/**
 * The largest of several rows in every column, under the name of the model that they lie in.
 *
 * A column is NaN (or infinite) only where no row has a finite value; where some have none, the
 * cell says so as any cell does of which some measurements were not finite.
 */
export function summarise(
  source: SeriesValues,
  name: string,
  members: readonly number[],
  statistic: string,
  measure: Measure = "value",
): SummaryRow {
  const { columns } = source;
  const of = measure === "size" ? Math.abs : (value: number): number => value;
  const values = valuesOf(source, statistic);
  const counts = source.statistics.get("count");
  const nonfinites = source.statistics.get("nonfinite");
  const [value, count, nonfinite] = [0, 0, 0].map(() => new Float32Array(columns));
  const largest = new Int32Array(columns).fill(-1);
  for (let column = 0; column < columns; column++) {
    let odd: number | null = null;
    for (const row of members) {
      const at = row * columns + column;
      const kind = classify(values[at]!, counts?.[at]);
      if (kind === "missing") continue;
      count![column]! += counts?.[at] ?? 1;
      nonfinite![column]! += nonfinites?.[at] ?? (kind === "value" ? 0 : 1);
      const best = largest[column]!;
      if (kind !== "value") odd ??= values[at]!;
      else if (best < 0 || of(values[at]!) > of(value![column]!)) {
        value![column] = values[at]!;
        largest[column] = row;
      }
    }
    if (largest[column]! < 0 && odd !== null) value![column] = odd;
  }
  const statistics = new Map([
    [statistic, value!],
    ["count", count!],
    ["nonfinite", nonfinite!],
  ]);
  return { series: { ...source, rows: [name], statistics }, largest };
}

const cache = new WeakMap<SeriesValues, Map<string, SummaryRow>>();

/** The same, remembered for as long as the series is. */
export function summaryOf(
  source: SeriesValues,
  name: string,
  members: readonly number[],
  statistic: string,
  measure: Measure = "value",
): SummaryRow {
  let known = cache.get(source);
  if (!known) cache.set(source, (known = new Map<string, SummaryRow>()));
  const key = JSON.stringify([name, statistic, members, measure]);
  let found = known.get(key);
  if (!found) known.set(key, (found = summarise(source, name, members, statistic, measure)));
  return found;
}

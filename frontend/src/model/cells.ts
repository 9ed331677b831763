/** What one cell of a series holds. NaN, the infinities and "never measured" stay four things. */
import type { SeriesValues } from "../api/types";

export type CellClass = "value" | "nan" | "inf" | "-inf" | "missing";
export type Statistic = "mean" | "max" | "min" | "last";
export const STATISTICS: readonly Statistic[] = ["mean", "max", "min", "last"];

export interface Cell {
  readonly class: CellClass;
  /** The value painted. */
  readonly value: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  readonly count: number;
  readonly nonfinite: number;
  /** First step at which a non-finite value was seen, or null. */
  readonly nonfiniteStep: number | null;
}

/** The values of a statistic; of the single statistic `value` where a series has no other. */
export function valuesOf(series: SeriesValues, statistic: string): Float32Array {
  const found =
    series.statistics.get(statistic) ??
    series.statistics.get("value") ??
    series.statistics.get("mean");
  return found ?? new Float32Array(series.rows.length * series.columns).fill(NaN);
}

export function classify(value: number, count: number | undefined): CellClass {
  if (count === 0) return "missing";
  if (Number.isFinite(value)) return "value";
  if (Number.isNaN(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

/** A cell with a finite value in which some measurements were not finite. */
export function isPartial(kind: CellClass, nonfinite: number | undefined): boolean {
  return kind === "value" && nonfinite !== undefined && nonfinite > 0;
}

export function cellAt(
  series: SeriesValues,
  row: number,
  column: number,
  statistic: Statistic,
): Cell | null {
  if (row < 0 || row >= series.rows.length || column < 0 || column >= series.columns) return null;
  const at = row * series.columns + column;
  const pick = (name: string): number => valuesOf(series, name)[at] ?? NaN;
  const raw = (name: string): number | undefined => series.statistics.get(name)?.[at];
  const count = raw("count");
  const value = pick(statistic);
  const offset = raw("first_nonfinite");
  const kind = classify(value, count);
  const nonfinite = raw("nonfinite") ?? (kind === "value" || kind === "missing" ? 0 : 1);
  return {
    class: kind,
    value,
    mean: pick("mean"),
    min: pick("min"),
    max: pick("max"),
    last: pick("last"),
    count: count ?? 1,
    nonfinite,
    nonfiniteStep:
      nonfinite > 0 && offset !== undefined && offset >= 0
        ? series.x.firstStep[column]! + offset
        : null,
  };
}

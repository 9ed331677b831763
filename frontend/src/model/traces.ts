/** Series -> what a line panel draws: traces, marks where nothing was finite, and a y domain. */
import type { SeriesValues } from "../api/types";
import { classify, valuesOf, type CellClass } from "./cells";
import type { Extents } from "./columns";

export interface Line {
  readonly x: Float64Array;
  readonly y: Float32Array;
  readonly low?: Float32Array;
  readonly high?: Float32Array;
  readonly from?: Float64Array;
}

const rowOf = (series: SeriesValues, name: string, row: number): Float32Array =>
  valuesOf(series, name).subarray(row * series.columns, (row + 1) * series.columns);

const lines = new WeakMap<Extents, Map<string, Line>>();

/** A row as a line through the middles of its columns, with its min-max band where there is one. */
export function rowLine(series: SeriesValues, row: number, places: Extents): Line {
  // Places belong to one series: as long as they are the same, so is the line.
  let known = lines.get(places);
  if (!known) lines.set(places, (known = new Map<string, Line>()));
  const key = `${series.tag} ${row}`;
  let line = known.get(key);
  if (!line) known.set(key, (line = drawRow(series, row, places)));
  return line;
}

function drawRow(series: SeriesValues, row: number, places: Extents): Line {
  const x = places.start.map((start, i) => (start + places.end[i]!) / 2);
  const y = rowOf(series, "mean", row);
  const counts = series.statistics.get("count");
  const known = y.map((value, i) =>
    classify(value, counts?.[row * series.columns + i]) === "value" ? value : NaN,
  );
  if (!series.statistics.has("min") || !series.statistics.has("max")) return { x, y: known };
  return { x, y: known, low: rowOf(series, "min", row), high: rowOf(series, "max", row) };
}

/** The epochs of epoch logs: each from the end of the one before it. */
export const wholeEpochs = ({ start, end }: Extents): Extents => ({
  start: start.map((value, i) => end[i - 1] ?? value),
  end,
});

/**
 * Epoch logs: a validation figure holds at the end of its epoch, a training figure is a mean over
 * it. Their columns are the last window of each epoch, so an epoch begins where the one before it
 * ended; the first at `origin`.
 */
export function epochLine(
  series: SeriesValues,
  row: number,
  places: Extents,
  level: boolean,
  origin: number,
): Line {
  const { y } = rowLine(series, row, places);
  const from = places.end.map((_, i) => (i === 0 ? origin : places.end[i - 1]!));
  return level ? { x: places.end, y, from } : { x: places.end, y };
}

export interface Gap {
  readonly filling: Exclude<CellClass, "value" | "missing"> | "partial";
  readonly from: number;
  readonly to: number;
}

/** Stretches of a row where measurements were not finite. */
export function nonfiniteGaps(series: SeriesValues, row: number, places: Extents): Gap[] {
  const values = valuesOf(series, "mean");
  const counts = series.statistics.get("count");
  const nonfinites = series.statistics.get("nonfinite");
  const gaps: { filling: Gap["filling"]; from: number; to: number }[] = [];
  for (let column = 0; column < series.columns; column++) {
    const at = row * series.columns + column;
    const kind = classify(values[at]!, counts?.[at]);
    const partial = kind === "value" && (nonfinites?.[at] ?? 0) > 0;
    if (kind === "missing" || (kind === "value" && !partial)) continue;
    const filling = kind === "value" ? "partial" : kind;
    const [from, to] = [places.start[column]!, places.end[column]!];
    const previous = gaps.at(-1);
    if (previous?.filling === filling && previous.to === from) previous.to = to;
    else gaps.push({ filling, from, to });
  }
  return gaps;
}

/**
 * The y range of lines within a..b: all of the lines, and of their bands as much as does not
 * squeeze the lines into less than a third of the height.
 */
export function yRange(
  lines: readonly Line[],
  a: number,
  b: number,
  positive: boolean,
): readonly [number, number] | null {
  let [low, high, bandLow, bandHigh] = [Infinity, -Infinity, Infinity, -Infinity];
  const usable = (value: number | undefined): value is number =>
    value !== undefined && Number.isFinite(value) && (!positive || value > 0);
  for (const line of lines)
    for (let i = 0; i < line.y.length; i++) {
      const value = line.y[i];
      if (line.x[i]! < a || (line.from?.[i] ?? line.x[i]!) > b || !usable(value)) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
      const [bottom, top] = [line.low?.[i], line.high?.[i]];
      if (usable(bottom)) bandLow = Math.min(bandLow, bottom);
      if (usable(top)) bandHigh = Math.max(bandHigh, top);
    }
  if (!(low <= high)) return null;
  if (positive) {
    const reach = Math.max(high / low, 2);
    return [
      Math.max(Math.min(low, bandLow), low / reach),
      Math.min(Math.max(high, bandHigh), high * reach),
    ];
  }
  const reach = Math.max(high - low, Math.abs(high) * 0.05, 1e-12);
  return [
    Math.max(Math.min(low, bandLow), low - reach),
    Math.min(Math.max(high, bandHigh), high + reach),
  ];
}

/** Lines that span this many times their smallest value are drawn on a log axis. */
const LOG_FROM = 60;

export function suitsLog(lines: readonly Line[]): boolean {
  const ends = lines.map(({ y }) => endsOf(y));
  const low = Math.min(...ends.map(([least]) => least));
  return low > 0 && Math.max(...ends.map(([, most]) => most)) / low > LOG_FROM;
}

const known = new WeakMap<Float32Array, readonly [number, number]>();

/** Least and largest finite value; infinities the wrong way round where there is none. */
function endsOf(values: Float32Array): readonly [number, number] {
  let ends = known.get(values);
  if (!ends) {
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    known.set(values, (ends = [low, high]));
  }
  return ends;
}

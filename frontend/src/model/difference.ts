/**
 * Two runs, cell by cell: the first minus the second, or the first over the second.
 *
 * Their windows need not agree. The columns of the difference are the pieces into which the windows
 * of both cut the axis: in each piece either run has one value, which is taken as it is. Nothing is
 * interpolated, and where one of them has no finite value there is no difference.
 */
import type { Columns, SeriesValues } from "../api/types";
import type { DifferenceKind } from "../charts/diverging";
import { classify, valuesOf, type CellClass, type Statistic } from "./cells";
import { extents, type AxisMode, type Extents } from "./columns";

/** The name of the statistic that the cells of a difference hold. */
export const DIFFERENCE = "difference";

export interface Side {
  readonly series: SeriesValues;
  /** For each row of the difference its row in the series. */
  readonly rows: Int32Array;
  /** For each column of the difference its column in the series; -1 where it has none. */
  readonly columns: Int32Array;
}

export interface Difference {
  /** Statistic `difference`; of a ratio the decimal logarithm. Count 0: not both were measured. */
  readonly values: SeriesValues;
  readonly kind: DifferenceKind;
  readonly sides: readonly [Side, Side];
  /** Rows that only one of the two has. */
  readonly lone: readonly [readonly string[], readonly string[]];
}

/** Bounds of all windows of both, each once, in order. */
function cuts(places: readonly Extents[]): Float64Array {
  const all = new Set<number>();
  for (const { start, end } of places)
    for (const bounds of [start, end]) for (const value of bounds) all.add(value);
  return Float64Array.from(all).sort();
}

/** For each piece the column that covers it. Pieces and columns both run forward. */
function covering(bounds: Float64Array, { start, end }: Extents): Int32Array {
  const columns = new Int32Array(Math.max(0, bounds.length - 1)).fill(-1);
  let column = 0;
  for (let piece = 0; piece < columns.length; piece++) {
    const middle = (bounds[piece]! + bounds[piece + 1]!) / 2;
    while (column < end.length && end[column]! <= middle) column++;
    if (column < end.length && start[column]! <= middle) columns[piece] = column;
  }
  return columns;
}

/** Where the pieces lie, on the axis they were cut on. Their steps are those of neither run. */
function placesOf(bounds: Float64Array, mode: AxisMode): Columns {
  const [start, end] = [bounds.slice(0, -1), bounds.slice(1)];
  if (mode === "step")
    return {
      firstStep: start.map((value) => value + 1),
      lastStep: end,
      epochStart: start,
      epochEnd: end,
      wallTime: end,
    };
  const order = start.map((_, i) => i + 1);
  return { firstStep: order, lastStep: order, epochStart: start, epochEnd: end, wallTime: end };
}

/** The difference of two finite values; NaN where a ratio of them means nothing. */
export function differenceOf(kind: DifferenceKind, first: number, second: number): number {
  if (kind === "difference") return first - second;
  if (first > 0 && second > 0) return Math.log10(first / second);
  if (first === second) return 0;
  if (first > 0 && second === 0) return Infinity;
  return second > 0 && first === 0 ? -Infinity : NaN;
}

/** What a cell with two values of these kinds is; both missing or both finite are clear. */
function together(first: CellClass, second: CellClass): CellClass {
  if (first === "missing" || second === "missing") return "missing";
  return first === "value" ? second : first;
}

const ODD: Readonly<Record<CellClass, number>> = {
  value: 0,
  missing: NaN,
  nan: NaN,
  inf: NaN,
  "-inf": NaN,
};

/** Ratios with zero have no logarithm: they take the end of the scale, and say so in words. */
export const BEYOND = 1e30;

export function differ(
  first: SeriesValues,
  second: SeriesValues,
  mode: AxisMode,
  statistic: Statistic,
  kind: DifferenceKind,
): Difference {
  const places = [extents(first.x, mode), extents(second.x, mode)] as const;
  const bounds = cuts(places);
  const columns = [covering(bounds, places[0]), covering(bounds, places[1])] as const;
  const count = columns[0].length;
  const index = new Map(second.rows.map((name, i) => [name, i]));
  const names = first.rows.filter((name) => index.has(name));
  const shared = new Set(names);
  const rows = [
    Int32Array.from(names, (name) => first.rows.indexOf(name)),
    Int32Array.from(names, (name) => index.get(name)!),
  ] as const;
  const sides = [
    { series: first, rows: rows[0], columns: columns[0] },
    { series: second, rows: rows[1], columns: columns[1] },
  ] as const;
  const differences = new Float32Array(names.length * count);
  const counts = new Float32Array(names.length * count);
  for (let row = 0; row < names.length; row++) {
    const read = sides.map((side) => reader(side, row, statistic));
    for (let column = 0; column < count; column++) {
      const [a, b] = [read[0]!(column), read[1]!(column)];
      const at = row * count + column;
      const what = together(a.kind, b.kind);
      counts[at] = what === "missing" ? 0 : 1;
      const found = what === "value" ? differenceOf(kind, a.value, b.value) : ODD[what];
      differences[at] = Number.isNaN(found) ? NaN : Math.min(BEYOND, Math.max(-BEYOND, found));
    }
  }
  const values: SeriesValues = {
    run: `${first.run} against ${second.run}`,
    tag: first.tag,
    revision: `${first.revision} ${second.revision}`,
    rows: names,
    windows: count,
    columns: count,
    x: placesOf(bounds, mode),
    statistics: new Map([
      [DIFFERENCE, differences],
      ["count", counts],
    ]),
  };
  const lone = [
    first.rows.filter((name) => !shared.has(name)),
    second.rows.filter((name) => !shared.has(name)),
  ] as const;
  return { values, kind, sides, lone };
}

interface Reading {
  readonly value: number;
  readonly kind: CellClass;
}

const NOTHING: Reading = { value: NaN, kind: "missing" };

function reader({ series, rows, columns }: Side, row: number, statistic: Statistic) {
  const values = valuesOf(series, statistic);
  const counts = series.statistics.get("count");
  const start = rows[row]! * series.columns;
  return (column: number): Reading => {
    const own = columns[column]!;
    if (own < 0) return NOTHING;
    const value = values[start + own]!;
    return { value, kind: classify(value, counts?.[start + own]) };
  };
}

/** What either run has in a cell of the difference. */
export function readingsAt(
  { sides }: Difference,
  row: number,
  column: number,
  statistic: Statistic,
): readonly [Reading, Reading] {
  return [reader(sides[0], row, statistic)(column), reader(sides[1], row, statistic)(column)];
}

/** How much each row differs at most, whichever way. */
export function rowSizes({ values }: Difference): Float64Array {
  const differences = values.statistics.get(DIFFERENCE)!;
  return Float64Array.from(values.rows, (_, row) => {
    let most = NaN;
    for (let at = row * values.columns; at < (row + 1) * values.columns; at++) {
      const size = Math.abs(differences[at]!);
      if (!Number.isNaN(size) && !(size <= most)) most = size;
    }
    return most;
  });
}

/** To be saved: what either run has beside the difference, and the places of the first run. */
export function withBothSides(difference: Difference, statistic: Statistic): SeriesValues {
  const { values, sides, kind } = difference;
  const { rows, columns } = values;
  const [first, second] = sides.map((side) => {
    const all = new Float32Array(rows.length * columns);
    rows.forEach((_, row) => {
      const read = reader(side, row, statistic);
      for (let column = 0; column < columns; column++)
        all[row * columns + column] = read(column).value;
    });
    return all;
  });
  const own = sides[0];
  const placed = (known: Float64Array): Float64Array =>
    Float64Array.from(own.columns, (column) => (column < 0 ? NaN : known[column]!));
  const { x } = own.series;
  return {
    ...values,
    x: {
      ...values.x,
      firstStep: placed(x.firstStep),
      lastStep: placed(x.lastStep),
      wallTime: placed(x.wallTime),
    },
    statistics: new Map([
      ["first", first!],
      ["second", second!],
      [kind === "ratio" ? "log10_ratio" : DIFFERENCE, values.statistics.get(DIFFERENCE)!],
      ["count", values.statistics.get("count")!],
    ]),
  };
}

const cache = new WeakMap<SeriesValues, WeakMap<SeriesValues, Map<string, Difference>>>();

/** The same, remembered for as long as both series are. */
export function differenceBetween(
  first: SeriesValues,
  second: SeriesValues,
  mode: AxisMode,
  statistic: Statistic,
  kind: DifferenceKind,
): Difference {
  let others = cache.get(first);
  if (!others) cache.set(first, (others = new WeakMap()));
  let known = others.get(second);
  if (!known) others.set(second, (known = new Map<string, Difference>()));
  const key = `${mode} ${statistic} ${kind}`;
  let found = known.get(key);
  if (!found) known.set(key, (found = differ(first, second, mode, statistic, kind)));
  return found;
}

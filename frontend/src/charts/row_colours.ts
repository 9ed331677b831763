/** The colour of every cell of a row, worked out once: zooming only puts them elsewhere. */
import type { SeriesValues } from "../api/types";
import { classify, isPartial, valuesOf, type CellClass } from "../model/cells";
import type { ColourScale } from "./colour";
import { packed, paletteIndex } from "./palettes";

/** Classes in order of how striking they are. */
export const KINDS: readonly CellClass[] = ["missing", "value", "-inf", "inf", "nan"];
export const MISSING = KINDS.indexOf("missing");
export const VALUE = KINDS.indexOf("value");
const CODES = new Map(KINDS.map((kind, code) => [kind, code]));

export interface RowColours {
  /** Packed RGBA; 0 where there is no value to colour. */
  readonly colours: Uint32Array;
  /** Index into KINDS. */
  readonly kinds: Uint8Array;
  /** 1 where some of the measurements of a cell with a value were not finite. */
  readonly partial: Uint8Array;
  readonly values: Float32Array;
}

export function rowColours(
  series: SeriesValues,
  row: number,
  statistic: string,
  scale: ColourScale,
): RowColours {
  const { columns } = series;
  const values = valuesOf(series, statistic).subarray(row * columns, (row + 1) * columns);
  const counts = series.statistics.get("count");
  const nonfinites = series.statistics.get("nonfinite");
  const palette = packed(scale.palette);
  const colours = new Uint32Array(columns);
  const kinds = new Uint8Array(columns);
  const partial = new Uint8Array(columns);
  for (let column = 0; column < columns; column++) {
    const at = row * columns + column;
    const value = values[column]!;
    const kind = classify(value, counts?.[at]);
    kinds[column] = CODES.get(kind)!;
    if (kind === "value") colours[column] = palette[paletteIndex(scale.share(value))]!;
    if (isPartial(kind, nonfinites?.[at])) partial[column] = 1;
  }
  return { colours, kinds, partial, values };
}

interface Known {
  readonly statistic: string;
  readonly scale: ColourScale;
  readonly rows: Map<number, RowColours>;
}

const cache = new WeakMap<SeriesValues, Known>();

/** The same, remembered until series, statistic or scale are others. */
export function coloursOf(
  series: SeriesValues,
  row: number,
  statistic: string,
  scale: ColourScale,
): RowColours {
  let known = cache.get(series);
  if (known?.statistic !== statistic || known.scale !== scale)
    cache.set(series, (known = { statistic, scale, rows: new Map() }));
  let found = known.rows.get(row);
  if (!found) known.rows.set(row, (found = rowColours(series, row, statistic, scale)));
  return found;
}

/**
 * Values -> colours. What has no place on the scale gets a colour that no palette holds, and a
 * pattern besides (patterns.ts), so that it is told apart without colour too.
 */
import type { CellClass } from "../model/cells";
import { PALETTE, paletteIndex, type Palette, type Rgb } from "./palettes";
import { makeScale, type Scale, type ScaleKind } from "./scale";

export const SPECIAL: Readonly<Record<Exclude<CellClass, "value">, Rgb>> = {
  nan: [233, 30, 140],
  inf: [214, 40, 40],
  "-inf": [30, 110, 244],
  missing: [128, 128, 128],
};

/** How values of one quantity are coloured, in every run that is shown. */
export interface ColourScale extends Scale {
  readonly palette: Palette;
  /** Values exist beyond the end: the legend says so. */
  readonly clippedLow: boolean;
  readonly clippedHigh: boolean;
  /** A log scale that values without a logarithm use as well: they have its dark end. */
  readonly belowLog: "zero" | "negative" | null;
  /** All that there is, where it is but one value. */
  readonly only: number | null;
}

export function colourOf(scale: ColourScale, kind: CellClass, value: number): Rgb {
  if (kind !== "value") return SPECIAL[kind];
  return scale.palette[paletteIndex(scale.share(value))]!;
}

const PLAIN = {
  palette: PALETTE,
  clippedLow: false,
  clippedHigh: false,
  belowLog: null,
  only: null,
} as const;

const MOST_DECADES = 16;

interface Extremes {
  low: number;
  high: number;
  below: "zero" | "negative" | null;
  values: number[];
}

/** The least and the largest value that the scale has a place for. */
function extremesOf(kind: ScaleKind, samples: readonly Iterable<number>[]): Extremes {
  const found: Extremes = { low: Infinity, high: -Infinity, below: null, values: [] };
  for (const sample of samples)
    for (const value of sample) {
      if (!Number.isFinite(value)) continue;
      if (kind === "log" && value <= 0) {
        found.below = value < 0 ? "negative" : (found.below ?? "zero");
        continue;
      }
      found.values.push(value);
      if (value < found.low) found.low = value;
      if (value > found.high) found.high = value;
    }
  return found;
}

/**
 * A domain that holds all values; only where they span more decades than anyone can tell apart
 * does it keep to the bulk of them, and says so.
 */
export function fitScale(kind: ScaleKind, samples: readonly Iterable<number>[]): ColourScale {
  const found = extremesOf(kind, samples);
  const { values, below } = found;
  if (values.length === 0)
    return { ...makeScale(kind, kind === "log" ? 0.1 : 0, 1), ...PLAIN, belowLog: below };
  let { low, high } = found;
  if (kind === "log" && Math.log10(high) - Math.log10(low) > MOST_DECADES) {
    const sorted = Float64Array.from(values).sort();
    low = sorted[Math.floor(sorted.length * 0.02)]!;
    high = sorted[Math.ceil(sorted.length * 0.98) - 1]!;
  }
  const clipped = { clippedLow: found.low < low, clippedHigh: found.high > high };
  if (low === high) {
    // One value: put it in the middle. But zero throughout is the dark end: there is nothing of it.
    if (kind === "log") [low, high] = [low / 2, high * 2];
    else if (low === 0) high = 1;
    else [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  }
  // Zero is not the least of what is above it: the dark end of a log scale is left to it.
  else if (below) low /= Math.max(2, (high / low) ** 0.1);
  const only = found.low === found.high && !below ? found.low : null;
  return { ...makeScale(kind, low, high), ...PLAIN, ...clipped, belowLog: below, only };
}

/** A scale whose ends the reader holds: whatever lies beyond takes the colour of the end. */
export function heldScale(kind: ScaleKind, low: number, high: number): ColourScale {
  return { ...makeScale(kind, low, high), ...PLAIN, clippedLow: true, clippedHigh: true };
}

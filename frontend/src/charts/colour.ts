/**
 * Values -> colours. Viridis: perceptually uniform, readable by the colour-blind and in grey.
 * What has no place on the scale gets a colour that viridis does not hold, and a pattern besides
 * (patterns.ts), so that it is told apart without colour too.
 */
import type { CellClass } from "../model/cells";
import { makeScale, type Scale, type ScaleKind } from "./scale";

export type Rgb = readonly [number, number, number];

/** Coefficients of a degree 6 polynomial fit to matplotlib's viridis (by Matt Zucker, public domain). */
const VIRIDIS: readonly Rgb[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

function viridisAt(share: number): Rgb {
  const channel = (c: 0 | 1 | 2): number => {
    const value = VIRIDIS.reduceRight((sum, term) => sum * share + term[c], 0);
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  };
  return [channel(0), channel(1), channel(2)];
}

export const PALETTE: readonly Rgb[] = Array.from({ length: 256 }, (_, i) => viridisAt(i / 255));

/** The scale's colour for a share of its domain; shares outside take the ends. */
export function paletteIndex(share: number): number {
  return Math.round(255 * Math.min(1, Math.max(0, share)));
}

export const SPECIAL: Readonly<Record<Exclude<CellClass, "value">, Rgb>> = {
  nan: [233, 30, 140],
  inf: [214, 40, 40],
  "-inf": [30, 110, 244],
  missing: [128, 128, 128],
};

export function colourOf(scale: Scale, kind: CellClass, value: number): Rgb {
  if (kind !== "value") return SPECIAL[kind];
  return PALETTE[paletteIndex(scale.share(value))]!;
}

export const css = ([r, g, b]: Rgb): string => `rgb(${r}, ${g}, ${b})`;

/** How values of one quantity are coloured, in every run that is shown. */
export interface ColourScale extends Scale {
  /** Values exist beyond the end: the legend says so. */
  readonly clippedLow: boolean;
  readonly clippedHigh: boolean;
  /** All that there is, where it is but one value. */
  readonly only: number | null;
}

const MOST_DECADES = 16;

/**
 * A domain that holds all values; only where they span more decades than anyone can tell apart
 * does it keep to the bulk of them, and says so.
 */
export function fitScale(kind: ScaleKind, samples: readonly Iterable<number>[]): ColourScale {
  const values: number[] = [];
  let negative = false;
  for (const sample of samples)
    for (const value of sample) {
      if (!Number.isFinite(value)) continue;
      if (kind === "log" && value <= 0) negative = true;
      else values.push(value);
    }
  if (values.length === 0)
    return {
      ...makeScale(kind, kind === "log" ? 0.1 : 0, 1),
      clippedLow: false,
      clippedHigh: false,
      only: null,
    };
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const bounds: [number, number] = [low, high];
  if (kind === "log" && Math.log10(high) - Math.log10(low) > MOST_DECADES) {
    const sorted = Float64Array.from(values).sort();
    low = sorted[Math.floor(sorted.length * 0.02)]!;
    high = sorted[Math.ceil(sorted.length * 0.98) - 1]!;
  }
  if (low === high) {
    // One value: put it in the middle. But zero throughout is the dark end: there is nothing of it.
    if (kind === "log") [low, high] = [low / 2, high * 2];
    else if (low === 0) high = 1;
    else [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  }
  // Zero is not the least of what is above it: the dark end of a log scale is left to it.
  else if (kind === "log" && negative) low /= Math.max(2, (high / low) ** 0.1);
  return {
    ...makeScale(kind, low, high),
    clippedLow: bounds[0] < low || negative,
    clippedHigh: bounds[1] > high,
    only: bounds[0] === bounds[1] && !negative ? bounds[0] : null,
  };
}

export function fixedScale(kind: ScaleKind, low: number, high: number): ColourScale {
  return { ...makeScale(kind, low, high), clippedLow: true, clippedHigh: true, only: null };
}

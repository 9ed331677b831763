/** Colour scales of differences: zero in the middle, both sides equally far. */
import type { ColourScale } from "./colour";
import { divergingPalette } from "./palettes";
import { linearTicks, makeScale } from "./scale";
import { formatNumber, formatTick } from "../ui/format";

/** A difference of quantities on a log scale is told as a ratio: "×10", not "1". */
export type DifferenceKind = "difference" | "ratio";

/** Where two runs hardly differ the scale does not make much of it. */
const LEAST_RATIO = Math.log10(1.1);

/** `samples` are differences, or decimal logarithms of ratios. */
export function fitDiverging(
  kind: DifferenceKind,
  samples: readonly Iterable<number>[],
  dark: boolean,
): ColourScale {
  let most = 0;
  let beyond = false;
  for (const sample of samples)
    for (const value of sample)
      if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
      else beyond ||= !Number.isNaN(value);
  const reach = kind === "ratio" ? Math.max(most, LEAST_RATIO) : most || 1;
  return {
    ...makeScale("linear", -reach, reach),
    palette: divergingPalette(dark),
    clippedLow: beyond,
    clippedHigh: beyond,
    belowLog: null,
    only: null,
  };
}

const FACTORS = [10, 5, 3, 2, 1.5, 1.2, 1.1];

/** Round ratios within the reach, in both directions, as decimal logarithms. */
function ratioTicks(reach: number, count: number): number[] {
  if (reach >= 2) return linearTicks(-reach, reach, count, true);
  const round = FACTORS.map(Math.log10).find((value) => value <= reach * 0.7) ?? 0;
  return round > 0 ? [-round, 0, round] : [0];
}

export function divergingTicks(kind: DifferenceKind, scale: ColourScale, count: number): number[] {
  const [low, high] = scale.domain;
  return kind === "ratio" ? ratioTicks(high, count) : linearTicks(low, high, count);
}

const signed = (text: string, value: number): string => (value > 0 ? `+${text}` : text);

export function formatDifference(kind: DifferenceKind, value: number, digits = 3): string {
  if (kind === "difference") return signed(formatNumber(value, digits), value);
  if (value === -Infinity) return "×0";
  if (value === Infinity) return "×∞";
  return `×${digits < 3 ? formatTick(10 ** value, digits) : formatNumber(10 ** value, digits)}`;
}

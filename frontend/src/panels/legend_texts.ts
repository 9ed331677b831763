/** What stands beside a colour bar: the ends, round values between them, and what lies beyond. */
import type { ColourScale } from "../charts/colour";
import { divergingTicks, formatDifference, type DifferenceKind } from "../charts/diverging";
import { ticks } from "../charts/scale";
import { formatNumber, formatTick } from "../ui/format";

export interface LegendText {
  /** Share of the bar, from its lower end. */
  readonly at: number;
  readonly text: string;
}

export interface LegendTexts {
  /** The upper end, the lower end, then what lies between in order of importance. */
  texts(scale: ColourScale, count: number): readonly LegendText[];
  /** In words, for the title of the bar. */
  explain(scale: ColourScale): string;
}

const round = (value: number): number => Number(value.toPrecision(2));

/** The dark end of a log scale, where values have no logarithm. */
const BELOW = { zero: "0", negative: "≤ 0" } as const;

export const plainLegend: LegendTexts = {
  texts(scale, count) {
    const { only, domain, belowLog } = scale;
    if (only !== null) return [{ at: 0.5, text: formatTick(only) }];
    const [low, high] = domain;
    const lowText = (scale.clippedLow ? "≤" : "") + formatTick(round(low));
    return [
      { at: 1, text: (scale.clippedHigh ? "≥" : "") + formatTick(round(high)) },
      { at: 0, text: belowLog ? BELOW[belowLog] : lowText },
      ...ticks(scale, count).map((value) => ({ at: scale.share(value), text: formatTick(value) })),
    ];
  },
  explain(scale) {
    const { domain, belowLog, only, kind } = scale;
    const [low, high] = domain.map((value) => formatNumber(value, 3));
    if (only !== null) return `All values are ${formatNumber(only, 3)}.`;
    const parts = [
      `${kind === "log" ? "Logarithmic" : "Linear"} colours from ${low!} to ${high!}.`,
    ];
    if (belowLog)
      parts.push(
        `The darkest colour is ${belowLog === "zero" ? "zero" : "zero or less"}, which has no logarithm.`,
      );
    if (scale.clippedHigh || scale.clippedLow)
      parts.push("Values beyond an end take its colour (≤, ≥).");
    return parts.join(" ");
  },
};

export const differenceLegend = (
  kind: DifferenceKind,
  first: string,
  second: string,
): LegendTexts => ({
  texts(scale, count) {
    const [low, high] = scale.domain;
    const text = (value: number) => formatDifference(kind, value, 2);
    return [
      { at: 1, text: text(high) },
      { at: 0, text: text(low) },
      ...divergingTicks(kind, scale, count).map((value) => ({
        at: scale.share(value),
        text: text(value),
      })),
    ];
  },
  explain: () =>
    (kind === "ratio" ? `${first} divided by ${second}` : `${first} minus ${second}`) +
    `: orange where ${first} is larger, blue where ${second} is.`,
});

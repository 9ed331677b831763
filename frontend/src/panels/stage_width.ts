/** How wide the plot area is that all panels share, and the gutter of row names beside it. */
import type { Scene } from "../model/scene";

export const LEAST_PLOT = 160;

export function plotWidth(page: HTMLElement, main: HTMLElement): number {
  const own = getComputedStyle(page);
  const gutters =
    parseFloat(own.getPropertyValue("--gutter-left")) +
    parseFloat(own.getPropertyValue("--gutter-right"));
  const { paddingLeft, paddingRight } = getComputedStyle(main);
  const inner = main.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
  return Math.max(LEAST_PLOT, Math.floor(inner - (gutters || 0)));
}

const LEAST_GUTTER = 96;
const MOST_GUTTER = 190;
/** Of the width that there is for plots. */
const MOST_SHARE = 0.22;
const LETTER = 6.1;
const BESIDE_NAME = 14;

/** Wide enough for the longest name of a row, within reason: longer ones are cut at their start. */
export function gutterFor(names: Iterable<string>, width: number): number {
  let longest = 0;
  for (const name of names) longest = Math.max(longest, name.length);
  const most = Math.max(LEAST_GUTTER, Math.min(MOST_GUTTER, MOST_SHARE * width));
  return Math.round(Math.min(most, Math.max(LEAST_GUTTER, longest * LETTER + BESIDE_NAME)));
}

export function* rowNames({ runs }: Scene): Iterable<string> {
  for (const { panels } of runs)
    for (const panel of panels) if (panel.kind === "heatmap") yield* panel.info.rows;
}

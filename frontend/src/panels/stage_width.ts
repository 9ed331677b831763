/** How wide the plot area is that all panels share, and the gutter of row names beside it. */
import type { Scene } from "../model/scene";

export const LEAST_PLOT = 160;

const LEAST_GUTTER = 96;
const MOST_GUTTER = 190;
/** Of the width that there is for plots. */
const MOST_SHARE = 0.22;
const LETTER = 6.1;
const BESIDE_NAME = 14;

/** Wide enough for the longest name of a row, within reason: longer ones are cut at their start. */
export function gutterFor(longest: number, width: number): number {
  const most = Math.max(LEAST_GUTTER, Math.min(MOST_GUTTER, MOST_SHARE * width));
  return Math.round(Math.min(most, Math.max(LEAST_GUTTER, longest * LETTER + BESIDE_NAME)));
}

const lengths = new WeakMap<readonly string[], number>();

function longestOf(names: readonly string[]): number {
  let longest = lengths.get(names);
  if (longest === undefined) {
    longest = names.reduce((most, { length }) => Math.max(most, length), 0);
    lengths.set(names, longest);
  }
  return longest;
}

/** Letters of the longest name of a row that is shown. */
export function longestName({ runs }: Scene): number {
  let longest = 0;
  for (const { panels } of runs)
    for (const panel of panels)
      if (panel.kind === "heatmap") longest = Math.max(longest, longestOf(panel.info.rows));
  return longest;
}

/** Measures the page only where it may have changed: every measurement costs a layout. */
export class StageWidth {
  private gutter = 0;
  private width: number | null = null;
  private inner = 0;

  constructor(
    private readonly page: HTMLElement,
    private readonly main: HTMLElement,
  ) {}

  /** The window, or the theme, is another. */
  changed(): void {
    this.width = null;
  }

  /** Of the plot area, in CSS pixels. */
  measure(scene: Scene): number {
    if (this.width === null) this.inner = this.main.clientWidth;
    const gutter = gutterFor(longestName(scene), this.inner);
    if (gutter !== this.gutter) {
      this.gutter = gutter;
      this.page.style.setProperty("--gutter-left", `${gutter}px`);
      this.width = null;
    }
    return (this.width ??= this.plotWidth());
  }

  private plotWidth(): number {
    const own = getComputedStyle(this.page);
    const gutters = this.gutter + (parseFloat(own.getPropertyValue("--gutter-right")) || 0);
    const { paddingLeft, paddingRight } = getComputedStyle(this.main);
    const inner = this.inner - parseFloat(paddingLeft) - parseFloat(paddingRight);
    return Math.max(LEAST_PLOT, Math.floor(inner - gutters));
  }
}

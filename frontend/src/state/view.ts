/** What the reader chose to look at. All of it lives in the URL (url.ts), and nothing else does. */
import type { Thresholds } from "../api/types";
import type { AxisMode } from "../model/columns";
import type { Statistic } from "../model/cells";
import type { RowOrder } from "../model/rows";

export interface RowChoice {
  readonly tag: string;
  readonly row: string;
}

export interface OnsetChoice {
  readonly run: string;
  readonly kind: string;
  readonly step: number;
  readonly row: string | null;
}

export interface ViewState {
  /** null: nothing was chosen yet, the page decides once. */
  readonly runs: readonly string[] | null;
  readonly axis: AxisMode;
  /** Visible part of the x axis, in units of that axis; null: all of it. */
  readonly zoom: readonly [number, number] | null;
  /** Quantities, or single series by their tag, that are not shown. */
  readonly hidden: readonly string[];
  /** The same, that are shown besides those that the page shows by itself. */
  readonly added: readonly string[];
  /** Which statistic of a window the heatmaps paint. */
  readonly statistic: Statistic;
  readonly row: RowChoice | null;
  readonly onset: OnsetChoice | null;
  /** Only heatmap rows whose name holds this text. */
  readonly filter: string;
  readonly order: RowOrder;
  /** Nested models whose rows are shown as one. */
  readonly folded: readonly string[];
  /** Two runs: the first minus, or over, the second. */
  readonly difference: readonly [string, string] | null;
  /** Colour scales that the reader holds: quantity -> its two ends. */
  readonly held: Readonly<Record<string, readonly [number, number]>>;
  /** Those that the reader set to other than the default. */
  readonly thresholds: Thresholds;
}

export const INITIAL_VIEW: ViewState = {
  runs: null,
  axis: "epoch",
  zoom: null,
  hidden: [],
  added: [],
  statistic: "mean",
  row: null,
  onset: null,
  filter: "",
  order: "forward",
  folded: [],
  difference: null,
  held: {},
  thresholds: {},
};

export const sameOnset = (a: OnsetChoice | null, b: OnsetChoice | null): boolean =>
  a !== null &&
  b !== null &&
  a.run === b.run &&
  a.kind === b.kind &&
  a.step === b.step &&
  a.row === b.row;

/** What is known of a run and of its series: the newest that has arrived. */
import type { RunDetail, SeriesValues, Thresholds } from "../api/types";

export interface SeriesEntry {
  /** All of the series, in as many columns as were asked for. */
  full: SeriesValues | null;
  /** The part that is zoomed into, in finer columns. */
  detail: SeriesValues | null;
  error: string | null;
}

export interface RunEntry {
  detail: RunDetail | null;
  /** What its onsets were found with. */
  thresholds: Thresholds;
  error: string | null;
  readonly series: Map<string, SeriesEntry>;
}

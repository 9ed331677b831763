/** What the routes of `tb_stability/http_api.md` answer, after decoding. */

export type Status = "training" | "finished" | "interrupted" | "unknown";
export type Severity = "critical" | "warning" | "info";

/**
 * Whether the verdict is that on the newest data; on earlier ones, as all else that is said of the
 * run, until the newest are judged; or not there yet.
 */
export type Judgement = "current" | "outdated" | "pending";

export interface OnsetPlace {
  readonly kind: string;
  /** The kind in words. */
  readonly title: string;
  readonly epoch: number;
  readonly step: number;
  readonly row: string | null;
}

export interface RunSummary {
  readonly run: string;
  readonly status: Status;
  readonly epochs: number;
  readonly steps: number;
  readonly lastWallTime: number | null;
  /** "" in a list where nothing was judged yet. */
  readonly revision: string;
  readonly judgement: Judgement;
  readonly severity: Severity | null;
  readonly firstOnset: OnsetPlace | null;
  readonly learningRate: number | null;
  /** At the start, the highest, and the last, without repeats in a row. */
  readonly learningRates: readonly number[];
  readonly notes: readonly string[];
}

export interface SeriesInfo {
  readonly tag: string;
  readonly quantity: string;
  readonly rowGroup: string;
  readonly title: string;
  readonly description: string;
  readonly rowKind: string;
  readonly rows: readonly string[];
  readonly statistics: readonly string[];
  readonly unit: string;
  readonly view: "heatmap" | "lines" | "hidden";
  readonly scale: "log" | "linear";
  /** null: not read yet. */
  readonly windows: number | null;
}

export interface Remedy {
  readonly text: string;
  readonly code: string | null;
}

export interface Onset extends OnsetPlace {
  readonly severity: Severity;
  readonly message: string;
  /** Shown as it is: known keys first, further keys after them. */
  readonly evidence: ReadonlyMap<string, number | string | null>;
  readonly remedies: readonly Remedy[];
  /** Index in the run's list of the onset that explains this one. */
  readonly cause: number | null;
}

export interface RunDetail extends RunSummary {
  readonly record: unknown;
  readonly series: readonly SeriesInfo[];
  readonly onsets: readonly Onset[];
}

/** Where the columns of a series lie, one entry a column. Steps are inclusive and count from 1. */
export interface Columns {
  readonly firstStep: Float64Array;
  readonly lastStep: Float64Array;
  readonly epochStart: Float64Array;
  readonly epochEnd: Float64Array;
  readonly wallTime: Float64Array;
}

export interface SeriesValues {
  readonly run: string;
  readonly tag: string;
  readonly revision: string;
  readonly rows: readonly string[];
  /** Number of windows behind the columns: more than columns where neighbours were merged. */
  readonly windows: number;
  readonly columns: number;
  readonly x: Columns;
  /** `rows x columns` values each, row 0's columns first. */
  readonly statistics: ReadonlyMap<string, Float32Array>;
}

/** Those that are to be other than the defaults, by name. */
export type Thresholds = Readonly<Record<string, number>>;

/** What can be set, as the route describes it. */
export interface ThresholdInfo {
  readonly name: string;
  readonly default: number;
  readonly least: number;
  readonly integer: boolean;
  readonly description: string;
}

export interface SeriesRequest {
  readonly run: string;
  readonly tag: string;
  readonly revision: string;
  readonly columns: number;
  readonly firstStep?: number;
  readonly lastStep?: number;
}

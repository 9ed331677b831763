/**
 * What has been fetched, and what is under way. Nothing here draws: listeners are told that
 * something arrived. What has arrived stays until something newer of the same kind replaces it,
 * so that the page never flickers.
 */
import { ApiError, isAbort, type Client } from "../api/client";
import type { RunDetail, RunSummary, SeriesRequest, ThresholdInfo, Thresholds } from "../api/types";
import type { RunEntry, SeriesEntry } from "./entries";
import { Counter, type Progress } from "./progress";
import { equal } from "./store";

export interface Want {
  readonly run: string;
  readonly tag: string;
  readonly columns: number;
  /** Steps to see finer, both inclusive; null for the whole series only. */
  readonly range: readonly [number, number] | null;
}

interface Flight {
  readonly key: string;
  readonly abort: AbortController;
}

/** Slot of what the thresholds route describes. */
const DESCRIBED = "thresholds";

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

export class Library {
  runs: readonly RunSummary[] | null = null;
  runsError: string | null = null;
  /** In force: the list of runs was judged with them. */
  thresholds: Thresholds = {};
  /** The route's sentence about those that were asked for last; the ones before stay in force. */
  refusal: string | null = null;
  /** What thresholds there are. */
  described: readonly ThresholdInfo[] | null = null;
  describedError: string | null = null;
  private asked: Thresholds = {};
  private judging: AbortController | null = null;
  private readonly entries = new Map<string, RunEntry>();
  /** Under way or done, by slot ("full" or "detail" of a series, or a run): never asked twice. */
  private readonly flights = new Map<string, Flight>();
  private refreshing: Promise<void> | null = null;

  constructor(
    private readonly client: Client,
    private readonly changed: () => void,
  ) {}

  entry(run: string): RunEntry {
    let entry = this.entries.get(run);
    if (!entry) {
      entry = { detail: null, thresholds: {}, error: null, series: new Map() };
      this.entries.set(run, entry);
    }
    return entry;
  }

  series(run: string, tag: string): SeriesEntry | null {
    return this.entries.get(run)?.series.get(tag) ?? null;
  }

  summary(run: string): RunSummary | null {
    return this.runs?.find((summary) => summary.run === run) ?? null;
  }

  get busy(): boolean {
    return this.pending > 0 || this.refreshing !== null || this.unjudged > 0;
  }

  /** Runs that are listed without the verdict on their newest data. */
  get unjudged(): number {
    return this.runs?.filter(({ judgement }) => judgement !== "current").length ?? 0;
  }
  private pending = 0;

  private readonly counter = new Counter();

  get progress(): Progress | null {
    return this.counter.now;
  }

  /** Ask for the list of runs. Calls that overlap share one request. */
  refresh(): Promise<void> {
    const { thresholds } = this;
    this.refreshing ??= this.client
      .runs(thresholds, "impatient")
      .then(
        (runs) => {
          // Other thresholds came meanwhile, or are about to: theirs is the newer list.
          if (this.judging || thresholds !== this.thresholds) return;
          // What failed while TensorBoard was away is worth another try.
          if (this.runsError !== null) this.forgetFailures();
          this.runs = runs;
          this.runsError = null;
        },
        (error: unknown) => {
          this.runsError = messageOf(error);
        },
      )
      .finally(() => {
        this.refreshing = null;
        this.changed();
      });
    return this.refreshing;
  }

  /**
   * Judge by these thresholds from now on. The list and the runs that are shown change together,
   * once all of them have arrived; their series stay as they are.
   */
  judge(thresholds: Thresholds, shown: readonly string[]): void {
    if (equal(thresholds, this.asked)) return;
    this.asked = thresholds;
    this.refusal = null;
    this.judging?.abort();
    const abort = (this.judging = new AbortController());
    const { signal } = abort;
    // Where nothing is shown yet, something is better soon than all of it late.
    const patience = this.runs ? "patient" : "impatient";
    const list = this.client.runs(thresholds, patience, signal);
    const details = list.then((known) => {
      const names = new Set(known.map(({ run }) => run));
      const wanted = shown.filter((run) => names.has(run));
      return Promise.allSettled(
        wanted.map((run) => this.client.run(run, thresholds, patience, signal)),
      );
    });
    this.pending++;
    Promise.all([list, details])
      .then(
        ([runs, settled]) => {
          if (this.judging !== abort) return;
          this.thresholds = thresholds;
          [this.runs, this.runsError] = [runs, null];
          // A run that could not be had is asked for again as any other.
          for (const item of settled) if (item.status === "fulfilled") this.adopt(item.value);
        },
        (error: unknown) => {
          if (this.judging !== abort) return;
          const refused = error instanceof ApiError && error.status === 400;
          if (refused) this.refusal = error.message;
          else this.runsError = messageOf(error);
        },
      )
      .finally(() => {
        this.pending--;
        if (this.judging === abort) this.judging = null;
        if (!this.runs && this.refusal !== null) void this.refresh();
        this.changed();
      });
  }

  private adopt(detail: RunDetail): void {
    const entry = this.entry(detail.run);
    this.land(JSON.stringify([detail.run]));
    [entry.detail, entry.thresholds, entry.error] = [detail, this.thresholds, null];
  }

  wantDescribed(): void {
    this.fly(
      DESCRIBED,
      "",
      (signal) => this.client.thresholds(signal),
      (described) => {
        this.described = described;
        this.describedError = null;
      },
      (error) => {
        this.describedError = error;
      },
    );
  }

  retry(): void {
    this.forgetFailures();
    void this.refresh();
  }

  /** The next `want` asks again. */
  private forgetFailures(): void {
    if (this.refusal === null) this.asked = this.thresholds;
    if (this.describedError !== null) this.land(DESCRIBED);
    for (const [slot, flight] of this.flights) {
      if (slot === DESCRIBED) continue;
      const [run, tag] = JSON.parse(slot) as [string, string?];
      const failed = tag === undefined ? this.entry(run).error : this.series(run, tag)?.error;
      if (failed) {
        flight.abort.abort();
        this.flights.delete(slot);
      }
    }
  }

  wantRun(run: string): void {
    const summary = this.summary(run);
    if (!summary) return;
    const entry = this.entry(run);
    const { thresholds } = this;
    const { detail } = entry;
    const isJudged = detail?.revision === summary.revision && detail.judgement !== "pending";
    if (isJudged && entry.thresholds === thresholds) return;
    this.fly(
      JSON.stringify([run]),
      JSON.stringify([summary.revision, thresholds]),
      (signal) => this.client.run(run, thresholds, "impatient", signal),
      (detail) => {
        [entry.detail, entry.thresholds, entry.error] = [detail, thresholds, null];
      },
      (error) => {
        entry.error = error;
      },
    );
  }

  wantSeries({ run, tag, columns, range }: Want): void {
    const entry = this.entry(run);
    const revision = entry.detail?.revision;
    if (revision === undefined) return;
    let series = entry.series.get(tag);
    if (!series) entry.series.set(tag, (series = { full: null, detail: null, error: null }));
    const { full } = series;
    const tooCoarse = full !== null && full.windows > full.columns && columns > full.columns * 1.15;
    const asked = tooCoarse || !full ? columns : Math.max(columns, full.columns);
    if (full?.revision !== revision || tooCoarse)
      this.load(series, "full", { run, tag, revision, columns: asked }, `${revision}@${asked}`);
    if (!range || !full || full.windows <= full.columns) {
      series.detail = null;
      this.land(JSON.stringify([run, tag, "detail"]));
      return;
    }
    const [firstStep, lastStep] = range;
    const request = { run, tag, revision, columns, firstStep, lastStep };
    this.load(series, "detail", request, `${revision}@${columns}:${firstStep}-${lastStep}`);
  }

  private load(
    series: SeriesEntry,
    part: "full" | "detail",
    request: SeriesRequest,
    key: string,
  ): void {
    this.fly(
      JSON.stringify([request.run, request.tag, part]),
      key,
      (signal) => this.client.series(request, signal),
      (values) => {
        series[part] = values;
        series.error = null;
      },
      (error) => {
        series.error = error;
      },
    );
  }

  private land(slot: string): void {
    this.flights.get(slot)?.abort.abort();
    this.flights.delete(slot);
  }

  private fly<T>(
    slot: string,
    key: string,
    send: (signal: AbortSignal) => Promise<T>,
    arrived: (value: T) => void,
    failed: (message: string) => void,
  ): void {
    if (this.flights.get(slot)?.key === key) return;
    this.land(slot);
    const flight: Flight = { key, abort: new AbortController() };
    this.flights.set(slot, flight);
    this.pending++;
    this.counter.begin();
    send(flight.abort.signal)
      .then(
        (value) => {
          if (this.flights.get(slot) === flight) arrived(value);
        },
        (error: unknown) => {
          if (this.flights.get(slot) === flight && !isAbort(error)) failed(messageOf(error));
        },
      )
      .finally(() => {
        this.pending--;
        this.counter.end();
        this.changed();
      });
  }
}

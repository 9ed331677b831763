/**
 * The answers of the routes as `tb-stability report` stored them in the page: gzip of one JSON
 * object, in base64. Nothing is fetched, so nothing is newer, finer or judged otherwise later.
 */
import { ApiError, type Client } from "./client";
import { decodeRun, decodeRuns, decodeSeries, decodeThresholds } from "./decode";
import type { RunSummary, Thresholds } from "./types";

/** What the report says of itself. */
export interface About {
  /** Names of the log directories. */
  readonly sources: readonly string[];
  /** Seconds since 1970. */
  readonly made: number;
  /** Of tb_stability. */
  readonly version: string;
  /** In force, where they are other than the defaults. */
  readonly thresholds: Thresholds;
}

interface StoredRun {
  readonly run: string;
}

interface StoredSeries extends StoredRun {
  readonly tag: string;
  readonly windows: number;
  readonly columns: number;
}

/** Bodies of the routes (http_api.md), undecoded; those with arguments as lists of all answers. */
export interface Report {
  readonly about: About;
  readonly runs: unknown;
  readonly run: readonly StoredRun[];
  readonly series: readonly StoredSeries[];
  readonly thresholds: unknown;
}

export async function unpack(base64: string): Promise<Report> {
  const bytes = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Report;
}

/** A run that trained when the report was made may have ended since: nobody knows. */
const asOfThen = <T extends RunSummary>(run: T): T =>
  run.status === "training" ? { ...run, status: "unknown" } : run;

function found<T>(answers: ReadonlyMap<string, T>, run: string, tag = ""): T {
  const answer = answers.get(JSON.stringify([run, tag]));
  if (answer === undefined)
    throw new ApiError(`The report holds no data of ${JSON.stringify([run, tag])}.`, 404);
  return answer;
}

/** Thresholds and ranges of steps that are asked for change nothing: there is one answer each. */
export function embeddedClient(report: Report): Client {
  const runs = decodeRuns(report.runs).map(asOfThen);
  const details = new Map(report.run.map((body) => [JSON.stringify([body.run, ""]), body]));
  const series = new Map(report.series.map((body) => [JSON.stringify([body.run, body.tag]), body]));
  const answer = <T>(make: () => T): Promise<T> => Promise.resolve().then(make);
  return {
    runs: () => answer(() => runs),
    run: (run) => answer(() => asOfThen(decodeRun(found(details, run)))),
    thresholds: () => answer(() => decodeThresholds(report.thresholds)),
    series: ({ run, tag }) => answer(() => decodeSeries(found(series, run, tag))),
  };
}

/** Fetching. Relative URLs only: the page's <base> is the plugin's own folder. */
import { ContractError, decodeRun, decodeRuns, decodeSeries, decodeThresholds } from "./decode";
import type {
  RunDetail,
  RunSummary,
  SeriesRequest,
  SeriesValues,
  ThresholdInfo,
  Thresholds,
} from "./types";

/** A route refused, or could not be reached. The message is a sentence to show. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number | null,
  ) {
    super(message);
  }
}

/** Who asks: one who waits until everything is judged, or takes what is known in a moment. */
export type Patience = "patient" | "impatient";

/** Milliseconds: few runs are judged meanwhile, and nobody notices. */
const MOMENT = 200;

export interface Client {
  runs(thresholds: Thresholds, patience: Patience, signal?: AbortSignal): Promise<RunSummary[]>;
  run(
    run: string,
    thresholds: Thresholds,
    patience: Patience,
    signal?: AbortSignal,
  ): Promise<RunDetail>;
  thresholds(signal?: AbortSignal): Promise<ThresholdInfo[]>;
  series(request: SeriesRequest, signal?: AbortSignal): Promise<SeriesValues>;
}

export const isAbort = (error: unknown): boolean =>
  error instanceof DOMException && error.name === "AbortError";

async function sentence(response: Response): Promise<string> {
  const body = await response.text();
  try {
    const json: unknown = JSON.parse(body);
    if (typeof json === "object" && json !== null && "error" in json) return String(json.error);
  } catch {
    // Not the plugin's own answer (a proxy's page, say): the status has to do.
  }
  return `TensorBoard answered ${response.status} ${response.statusText}`.trim() + ".";
}

async function get<T>(
  route: string,
  parameters: Readonly<Record<string, string | number | undefined>>,
  decode: (json: unknown) => T,
  signal: AbortSignal | undefined,
): Promise<T> {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(parameters))
    if (value !== undefined) query.set(key, String(value));
  const url = query.size ? `./${route}?${query.toString()}` : `./${route}`;
  let response: Response;
  try {
    response = await fetch(url, signal ? { signal } : {});
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError("TensorBoard does not answer. Is it still running?", null);
  }
  if (!response.ok) throw new ApiError(await sentence(response), response.status);
  try {
    return decode(await response.json());
  } catch (error) {
    if (isAbort(error)) throw error;
    const reason = error instanceof ContractError ? error.message : "It is not JSON.";
    throw new ApiError(`The answer of ${route} was not understood. ${reason}`, response.status);
  }
}

const asArgument = (thresholds: Thresholds): string | undefined =>
  Object.keys(thresholds).length ? JSON.stringify(thresholds) : undefined;

const waitOf = (patience: Patience): number | undefined =>
  patience === "patient" ? undefined : MOMENT;

export const httpClient: Client = {
  runs: (thresholds, patience, signal) =>
    get("runs", { thresholds: asArgument(thresholds), wait: waitOf(patience) }, decodeRuns, signal),
  run: (run, thresholds, patience, signal) =>
    get(
      "run",
      { run, thresholds: asArgument(thresholds), wait: waitOf(patience) },
      decodeRun,
      signal,
    ),
  thresholds: (signal) => get("thresholds", {}, decodeThresholds, signal),
  series: ({ run, tag, revision, columns, firstStep, lastStep }, signal) =>
    get(
      "series",
      { run, tag, revision, columns, first_step: firstStep, last_step: lastStep },
      decodeSeries,
      signal,
    ),
};

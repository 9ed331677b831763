/**
 * JSON of the routes -> the types of types.ts. The only place that knows how numbers outside the
 * JSON standard travel: scalars as "NaN", "Infinity", "-Infinity"; arrays as base64 float32.
 */
import type {
  Columns,
  Judgement,
  Onset,
  OnsetPlace,
  Remedy,
  RunDetail,
  RunSummary,
  SeriesInfo,
  SeriesValues,
  Severity,
  Status,
  ThresholdInfo,
} from "./types";

/** The server answered something that the contract does not allow. */
export class ContractError extends Error {}

type Json = Readonly<Record<string, unknown>>;

function object(value: unknown, where: string): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  throw new ContractError(`Expected an object at ${where}, received ${JSON.stringify(value)}.`);
}

function list(value: unknown, where: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new ContractError(`Expected a list at ${where}, received ${JSON.stringify(value)}.`);
}

function text(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw new ContractError(`Expected a string at ${where}, received ${JSON.stringify(value)}.`);
}

const textOrNull = (value: unknown): string | null => (typeof value === "string" ? value : null);

const texts = (value: unknown, where: string): string[] =>
  list(value, where).map((item) => text(item, where));

/** A number, also one that JSON cannot express. */
export function decodeNumber(value: unknown, where = "a number"): number {
  if (typeof value === "number") return value;
  if (value === "NaN") return NaN;
  if (value === "Infinity") return Infinity;
  if (value === "-Infinity") return -Infinity;
  throw new ContractError(`Expected a number at ${where}, received ${JSON.stringify(value)}.`);
}

const numberOrNull = (value: unknown, where: string): number | null =>
  value === null || value === undefined ? null : decodeNumber(value, where);

function oneOf<T extends string>(value: unknown, allowed: readonly T[], otherwise: T): T {
  return allowed.find((item) => item === value) ?? otherwise;
}

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

interface Base64Decoder {
  readonly fromBase64?: (text: string) => Uint8Array<ArrayBuffer>;
}

/** Browsers of 2025 and newer do it themselves, many times as fast: a large series has 30 MB. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const { fromBase64 } = Uint8Array as unknown as Base64Decoder;
  if (fromBase64) return fromBase64.call(Uint8Array, base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Little-endian float32 from base64, on machines of either byte order. */
export function decodeFloat32(base64: string): Float32Array {
  const bytes = bytesOf(base64);
  if (bytes.length % 4 !== 0)
    throw new ContractError(`Expected whole float32 values, received ${bytes.length} bytes.`);
  if (LITTLE_ENDIAN) return new Float32Array(bytes.buffer);
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

const filled = (length: number, value: number): Float32Array =>
  new Float32Array(length).fill(value);

function place(value: unknown): OnsetPlace | null {
  if (value === null || value === undefined) return null;
  const json = object(value, "first_onset");
  return {
    kind: text(json["kind"], "kind"),
    title: textOrNull(json["title"]) ?? text(json["kind"], "kind").replaceAll("_", " "),
    epoch: decodeNumber(json["epoch"], "epoch"),
    step: decodeNumber(json["step"], "step"),
    row: textOrNull(json["row"]),
  };
}

const SEVERITIES: readonly Severity[] = ["critical", "warning", "info"];
const JUDGEMENTS: readonly Judgement[] = ["current", "outdated", "pending"];
const STATUSES: readonly Status[] = ["training", "finished", "interrupted", "unknown"];

function decodeSummary(value: unknown): RunSummary {
  const json = object(value, "runs");
  const judgement = oneOf(json["judgement"], JUDGEMENTS, "current");
  // Of a run that is not read yet there are no numbers, and nobody shows any.
  const figure = (key: string): number =>
    judgement === "pending" ? (numberOrNull(json[key], key) ?? 0) : decodeNumber(json[key], key);
  return {
    run: text(json["run"], "run"),
    status: oneOf(json["status"], STATUSES, "unknown"),
    epochs: figure("epochs"),
    steps: figure("steps"),
    lastWallTime: numberOrNull(json["last_wall_time"], "last_wall_time"),
    revision:
      judgement === "pending"
        ? (textOrNull(json["revision"]) ?? "")
        : text(json["revision"], "revision"),
    judgement,
    severity: SEVERITIES.find((item) => item === json["severity"]) ?? null,
    firstOnset: place(json["first_onset"]),
    learningRate: numberOrNull(json["learning_rate"], "learning_rate"),
    learningRates: list(json["learning_rates"] ?? [], "learning_rates").map((rate) =>
      decodeNumber(rate, "learning_rates"),
    ),
    notes: texts(json["notes"] ?? [], "notes"),
  };
}

export function decodeRuns(value: unknown): RunSummary[] {
  return list(object(value, "runs")["runs"], "runs").map(decodeSummary);
}

function decodeInfo(value: unknown): SeriesInfo {
  const json = object(value, "series");
  return {
    tag: text(json["tag"], "tag"),
    quantity: text(json["quantity"], "quantity"),
    rowGroup: textOrNull(json["row_group"]) ?? "",
    title: textOrNull(json["title"]) ?? text(json["quantity"], "quantity"),
    description: textOrNull(json["description"]) ?? "",
    rowKind: textOrNull(json["row_kind"]) ?? "row",
    rows: texts(json["rows"], "rows"),
    statistics: texts(json["statistics"], "statistics"),
    unit: textOrNull(json["unit"]) ?? "",
    view: oneOf(json["view"], ["heatmap", "lines", "hidden"] as const, "heatmap"),
    scale: oneOf(json["scale"], ["log", "linear"] as const, "linear"),
    windows: numberOrNull(json["windows"], "windows"),
  };
}

const NUMBERS = new Set(["NaN", "Infinity", "-Infinity"]);

function decodeEvidence(value: unknown): Map<string, number | string | null> {
  const evidence = new Map<string, number | string | null>();
  for (const [key, item] of Object.entries(object(value ?? {}, "evidence"))) {
    if (item === null || typeof item === "number") evidence.set(key, item);
    else if (typeof item !== "string") evidence.set(key, JSON.stringify(item));
    else evidence.set(key, NUMBERS.has(item) ? decodeNumber(item) : item);
  }
  return evidence;
}

function decodeRemedy(value: unknown): Remedy {
  const json = object(value, "remedies");
  return { text: text(json["text"], "remedy"), code: textOrNull(json["code"]) };
}

function decodeOnset(value: unknown): Onset {
  const json = object(value, "onsets");
  const where = place(json);
  if (!where) throw new ContractError("Expected an onset, received null.");
  return {
    ...where,
    severity: oneOf(json["severity"], SEVERITIES, "info"),
    message: textOrNull(json["message"]) ?? "",
    evidence: decodeEvidence(json["evidence"]),
    remedies: list(json["remedies"] ?? [], "remedies").map(decodeRemedy),
    cause: numberOrNull(json["cause"], "cause"),
  };
}

export function decodeRun(value: unknown): RunDetail {
  const json = object(value, "run");
  return {
    ...decodeSummary(json),
    record: json["record"] ?? null,
    series: list(json["series"], "series").map(decodeInfo),
    onsets: list(json["onsets"], "onsets").map(decodeOnset),
  };
}

export function decodeThresholds(value: unknown): ThresholdInfo[] {
  return list(object(value, "thresholds")["thresholds"], "thresholds").map((item) => {
    const json = object(item, "thresholds");
    return {
      name: text(json["name"], "name"),
      default: decodeNumber(json["default"], "default"),
      least: decodeNumber(json["least"], "least"),
      integer: json["integer"] === true,
      description: textOrNull(json["description"]) ?? "",
    };
  });
}

function column(json: Json, key: string, length: number): Float64Array {
  const values = list(json[key], `x.${key}`);
  if (values.length !== length)
    throw new ContractError(`Expected ${length} entries in x.${key}, received ${values.length}.`);
  return Float64Array.from(values, (value) => decodeNumber(value, `x.${key}`));
}

export function decodeSeries(value: unknown): SeriesValues {
  const json = object(value, "series");
  const rows = texts(json["rows"], "rows");
  const columns = decodeNumber(json["columns"], "columns");
  const x = object(json["x"], "x");
  const places: Columns = {
    firstStep: column(x, "first_step", columns),
    lastStep: column(x, "last_step", columns),
    epochStart: column(x, "epoch_start", columns),
    epochEnd: column(x, "epoch_end", columns),
    wallTime: column(x, "wall_time", columns),
  };
  const statistics = new Map<string, Float32Array>();
  for (const [name, encoded] of Object.entries(object(json["statistics"], "statistics"))) {
    const values = decodeFloat32(text(encoded, `statistics.${name}`));
    const cells = rows.length * columns;
    if (values.length !== cells && !(values.length === 1 && cells > 0))
      throw new ContractError(
        `Expected ${rows.length} x ${columns} values of ${name}, or one for all of them, ` +
          `received ${values.length}.`,
      );
    // One stands for all where all are the same.
    statistics.set(name, values.length === cells ? values : filled(cells, values[0]!));
  }
  return {
    run: text(json["run"], "run"),
    tag: text(json["tag"], "tag"),
    revision: text(json["revision"], "revision"),
    rows,
    windows: decodeNumber(json["windows"], "windows"),
    columns,
    x: places,
    statistics,
  };
}

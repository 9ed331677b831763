/**
 * View state <-> the `p.stability.*` keys of a URL hash.
 *
 * TensorBoard's hash is `#tab&key=value&key=value`. Keys that are not ours stay as they are, and a
 * key whose value is the default is left out, so that a plain page has a plain URL. Values that
 * make no sense are ignored: a damaged link still opens.
 */
import type { Thresholds } from "../api/types";
import { AXIS_MODES } from "../model/columns";
import { STATISTICS } from "../model/cells";
import { ROW_ORDERS } from "../model/rows";
import { INITIAL_VIEW, type OnsetChoice, type RowChoice, type ViewState } from "./view";

export const PREFIX = "p.stability.";

export type Parameters = Readonly<Record<string, string>>;

const SEPARATOR = ",";
const joined = (items: readonly string[]): string =>
  items.map((item) => encodeURIComponent(item)).join(SEPARATOR);

function parts(text: string): string[] {
  if (text === "") return [];
  try {
    return text.split(SEPARATOR).map((item) => decodeURIComponent(item));
  } catch {
    return [];
  }
}

const numeral = (value: number): string => String(Number(value.toPrecision(14)));

export function toParameters(view: ViewState): Record<string, string> {
  const result: Record<string, string> = {};
  if (view.runs) result["runs"] = joined(view.runs);
  if (view.axis !== INITIAL_VIEW.axis) result["axis"] = view.axis;
  if (view.zoom) result["zoom"] = view.zoom.map(numeral).join(SEPARATOR);
  if (view.hidden.length) result["hidden"] = joined(view.hidden);
  if (view.added.length) result["added"] = joined(view.added);
  if (view.statistic !== INITIAL_VIEW.statistic) result["statistic"] = view.statistic;
  if (view.row) result["row"] = joined([view.row.tag, view.row.row]);
  if (view.onset) {
    const { run, kind, step, row } = view.onset;
    result["onset"] = joined([run, kind, String(step), ...(row === null ? [] : [row])]);
  }
  if (view.filter) result["filter"] = view.filter;
  if (view.order !== INITIAL_VIEW.order) result["order"] = view.order;
  if (view.folded.length) result["folded"] = joined(view.folded);
  if (view.difference) result["difference"] = joined(view.difference);
  const held = Object.entries(view.held).map(([quantity, [low, high]]) =>
    [encodeURIComponent(quantity), numeral(low), numeral(high)].join(":"),
  );
  if (held.length) result["held"] = held.join(SEPARATOR);
  const thresholds = Object.entries(view.thresholds).map(
    ([name, value]) => `${encodeURIComponent(name)}:${value}`,
  );
  if (thresholds.length) result["thresholds"] = thresholds.join(SEPARATOR);
  return result;
}

function zoomOf(text: string | undefined): readonly [number, number] | null {
  const [a, b, ...rest] = (text ?? "").split(SEPARATOR).map(Number);
  if (a === undefined || b === undefined || rest.length || !(a < b)) return null;
  return Number.isFinite(a) && Number.isFinite(b) ? [a, b] : null;
}

function rowOf(text: string | undefined): RowChoice | null {
  const [tag, row] = parts(text ?? "");
  return tag !== undefined && row !== undefined ? { tag, row } : null;
}

function onsetOf(text: string | undefined): OnsetChoice | null {
  const [run, kind, step, row] = parts(text ?? "");
  if (run === undefined || kind === undefined || !Number.isFinite(Number(step))) return null;
  return { run, kind, step: Number(step), row: row ?? null };
}

function differenceOf(text: string | undefined): ViewState["difference"] {
  const [first, second, ...rest] = parts(text ?? "");
  if (first === undefined || second === undefined || rest.length || first === second) return null;
  return [first, second];
}

function heldOf(text: string | undefined): ViewState["held"] {
  const held: Record<string, readonly [number, number]> = {};
  for (const item of (text ?? "").split(SEPARATOR)) {
    const [quantity, low, high] = item.split(":");
    const ends = zoomOf(`${low ?? ""}${SEPARATOR}${high ?? ""}`);
    const name = parts(quantity ?? "")[0];
    if (name && ends) held[name] = ends;
  }
  return held;
}

function thresholdsOf(text: string): Thresholds {
  const found: Record<string, number> = {};
  for (const item of text.split(SEPARATOR)) {
    const [name, value] = item.split(":");
    const number = value?.trim() ? Number(value) : NaN;
    const [decoded] = parts(name ?? "");
    if (decoded && Number.isFinite(number)) found[decoded] = number;
  }
  return found;
}

export function fromParameters(parameters: Parameters): ViewState {
  const runs = parameters["runs"];
  return {
    runs: runs === undefined ? null : parts(runs),
    axis: AXIS_MODES.find((mode) => mode === parameters["axis"]) ?? INITIAL_VIEW.axis,
    zoom: zoomOf(parameters["zoom"]),
    hidden: parts(parameters["hidden"] ?? ""),
    added: parts(parameters["added"] ?? ""),
    statistic:
      STATISTICS.find((name) => name === parameters["statistic"]) ?? INITIAL_VIEW.statistic,
    row: rowOf(parameters["row"]),
    onset: onsetOf(parameters["onset"]),
    filter: parameters["filter"] ?? "",
    order: ROW_ORDERS.find((order) => order === parameters["order"]) ?? INITIAL_VIEW.order,
    folded: parts(parameters["folded"] ?? ""),
    difference: differenceOf(parameters["difference"]),
    held: heldOf(parameters["held"]),
    thresholds: thresholdsOf(parameters["thresholds"] ?? ""),
  };
}

interface Hash {
  readonly tab: string;
  readonly items: readonly (readonly [string, string])[];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseHash(hash: string): Hash {
  let tab = "";
  const items: (readonly [string, string])[] = [];
  for (const part of hash.replace(/^#/, "").split("&")) {
    const [key, value, ...rest] = part.split("=");
    if (value === undefined) tab = part;
    else if (rest.length === 0) items.push([decoded(key ?? ""), decoded(value)]);
  }
  return { tab, items };
}

export const tabOf = (hash: string): string => parseHash(hash).tab;

/** Our keys of a hash, without their prefix. */
export function readHash(hash: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [key, value] of parseHash(hash).items)
    if (key.startsWith(PREFIX)) found[key.slice(PREFIX.length)] = value;
  return found;
}

/** The hash with our keys replaced by these. */
export function writeHash(hash: string, parameters: Parameters): string {
  const { tab, items } = parseHash(hash);
  const others = items.filter(([key]) => !key.startsWith(PREFIX));
  const ours = Object.entries(parameters).map(([key, value]) => [PREFIX + key, value] as const);
  const pairs = [...others, ...ours].map(
    ([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`,
  );
  return "#" + [...(tab ? [tab] : []), ...pairs].join("&");
}

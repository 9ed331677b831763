/** View state + what has been fetched -> what the page shows. Pure: drawn by the panels. */
import type { Onset, RunDetail, RunSummary, SeriesInfo } from "../api/types";
import type { SeriesEntry } from "../state/entries";
import type { Library } from "../state/library";
import type { OnsetChoice, ViewState } from "../state/view";
import { nestedModels } from "./rows";
import { remember } from "./remember";
import {
  inOrderOfInterest,
  isShown,
  quantitiesOf,
  shownByDefault,
  type Quantity,
} from "./quantities";
import { changeText } from "./thresholds";
import { columnOfStep, extents, span, type AxisMode } from "./columns";
import { infosOf, isTopLog, logFamily, logRows, otherFamilies, type LogRow } from "./epoch_logs";
import { inSight } from "./sight";

export interface Marker {
  readonly onset: Onset;
  readonly choice: OnsetChoice;
  readonly index: number;
  /** On the x axis; null while no series of the run has arrived. */
  readonly x: number | null;
}

export type PanelSpec =
  | { readonly kind: "loss"; readonly id: string; readonly tag: string }
  | {
      readonly kind: "heatmap" | "lines";
      readonly id: string;
      readonly tag: string;
      readonly info: SeriesInfo;
    }
  | {
      readonly kind: "row";
      readonly id: string;
      readonly tag: string;
      readonly info: SeriesInfo;
      readonly row: string;
    }
  | { readonly kind: "logs"; readonly id: string; readonly tag: string; readonly family: string }
  | { readonly kind: "absent"; readonly id: string; readonly tag: string; readonly title: string };

export interface RunScene {
  readonly run: string;
  readonly summary: RunSummary;
  readonly detail: RunDetail | null;
  readonly error: string | null;
  readonly panels: readonly PanelSpec[];
  readonly markers: readonly Marker[];
  /** What its onsets were found with, where that is not the default. */
  readonly judgedBy: string | null;
}

/** A quantity of the runs that are chosen, and whether its panels are drawn. */
export interface ShownQuantity extends Quantity {
  readonly shown: "all" | "some" | "none";
  /** Tags of its series that are shown. */
  readonly tags: ReadonlySet<string>;
}

export interface Scene {
  readonly runs: readonly RunScene[];
  readonly quantities: readonly ShownQuantity[];
  /** Nested models that rows of the heatmaps lie in, with the number of rows of each. */
  readonly models: ReadonlyMap<string, number>;
  /** All of the x axis; null while nothing has arrived. */
  readonly full: readonly [number, number] | null;
  readonly domain: readonly [number, number];
}

export const LOSS_TAG = "loss";
/** Quantities that the top panel draws together. */
const TOP_QUANTITIES: ReadonlySet<string> = new Set(["loss", "learning_rate", "epoch_logs"]);

function finest(library: Library, detail: RunDetail): SeriesEntry | null {
  let best: SeriesEntry | null = null;
  for (const info of detail.series) {
    const entry = library.series(detail.run, info.tag);
    if (entry?.full && entry.full.windows > (best?.full?.windows ?? 0)) best = entry;
  }
  return best;
}

/** A marker stands at the start of the window that holds its step. */
function markersOf(
  library: Library,
  detail: RunDetail,
  mode: AxisMode,
  domain: readonly [number, number],
): Marker[] {
  const values = inSight(finest(library, detail), mode, domain);
  return detail.onsets.map((onset, index) => {
    const column = values ? columnOfStep(values.x, onset.step) : -1;
    const x = values && column >= 0 ? extents(values.x, mode).start[column]! : null;
    const { kind, step, row } = onset;
    return { onset, index, x, choice: { run: detail.run, kind, step, row } };
  });
}

function panelsOf(
  detail: RunDetail,
  view: ViewState,
  everywhere: readonly SeriesInfo[],
  byDefault: ReadonlySet<string>,
): PanelSpec[] {
  const { run } = detail;
  const panels: PanelSpec[] = [];
  const shown = (quantity: string, tag = quantity): boolean =>
    isShown({ quantity, tag }, view, byDefault);
  const id = (...parts: readonly string[]): string => JSON.stringify([run, ...parts]);
  const hasTop = detail.series.some(({ quantity }) => TOP_QUANTITIES.has(quantity));
  if (hasTop && shown(LOSS_TAG)) panels.push({ kind: "loss", id: id(LOSS_TAG), tag: LOSS_TAG });
  if (shown("epoch_logs"))
    for (const family of otherFamilies(detail)) {
      const tag = `stability/epoch_logs/${family}`;
      panels.push({ kind: "logs", id: id(tag), tag, family });
    }
  const own = new Map(detail.series.map((info) => [info.tag, info]));
  for (const wanted of everywhere) {
    const { tag, quantity, view: kind } = wanted;
    if (!shown(quantity, tag) || kind === "hidden" || TOP_QUANTITIES.has(quantity)) continue;
    const info = own.get(tag);
    if (!info) {
      if (kind === "heatmap")
        panels.push({ kind: "absent", id: id(tag), tag, title: wanted.title });
      continue;
    }
    panels.push({ kind, id: id(tag), tag, info });
    if (view.row?.tag === tag && info.rows.includes(view.row.row))
      panels.push({ kind: "row", id: id(tag, "row"), tag, info, row: view.row.row });
  }
  return panels;
}

/** All series of these runs, each tag once, in the order of the first run that has it. */
const unionOfSeries = remember((...details: readonly RunDetail[]): readonly SeriesInfo[] => {
  const union = new Map<string, SeriesInfo>();
  for (const detail of details)
    for (const info of detail.series) if (!union.has(info.tag)) union.set(info.tag, info);
  return [...union.values()];
});

export function tagsOf(panel: PanelSpec, detail: RunDetail): string[] {
  const logs = (wanted: (row: LogRow) => boolean) =>
    logRows(detail)
      .filter(wanted)
      .map(({ info }) => info.tag);
  switch (panel.kind) {
    case "absent":
      return [];
    case "logs":
      return logs(({ name }) => logFamily(name) === panel.family);
    case "loss":
      return [
        ...infosOf(detail, "loss").map(({ tag }) => tag),
        ...infosOf(detail, "learning_rate").map(({ tag }) => tag),
        ...logs(isTopLog),
      ];
    default:
      return [panel.tag];
  }
}

function fullDomain(library: Library, scenes: readonly RunDetail[], mode: AxisMode) {
  let [a, b] = [Infinity, -Infinity];
  for (const detail of scenes)
    for (const { full } of library.entry(detail.run).series.values()) {
      const range = full && span(extents(full.x, mode));
      if (!range) continue;
      a = Math.min(a, range[0]);
      b = Math.max(b, range[1]);
    }
  // Epochs and steps are counted from 0: a run whose first windows are gone says so by the gap.
  if (mode !== "wall" && a < Infinity) a = Math.min(a, 0);
  return a < b ? ([a, b] as const) : null;
}

const knownQuantities = remember(quantitiesOf);

/** Nested models of every layer that has a row, each layer counted once. */
const modelsOf = remember((series: readonly SeriesInfo[]) =>
  nestedModels(
    new Set(series.filter(({ view }) => view === "heatmap").flatMap(({ rows }) => rows)),
  ),
);

function shownParts(
  quantity: Quantity,
  view: ViewState,
  byDefault: ReadonlySet<string>,
): ShownQuantity {
  const { name, series } = quantity;
  const own = series.map(({ tag }) => tag);
  const tags = own.filter((tag) => isShown({ quantity: name, tag }, view, byDefault));
  const shown = !tags.length ? "none" : tags.length < own.length ? "some" : "all";
  return { ...quantity, shown, tags: new Set(tags) };
}

export function buildScene(view: ViewState, library: Library): Scene {
  const chosen = (view.runs ?? [])
    .map((run) => ({ run, summary: library.summary(run) }))
    .filter((item): item is { run: string; summary: RunSummary } => item.summary !== null);
  const details = chosen
    .map(({ run }) => library.entry(run).detail)
    .filter((detail): detail is RunDetail => detail !== null);
  const union = unionOfSeries(...details);
  const full = fullDomain(library, details, view.axis);
  const domain = view.zoom ?? full ?? [0, 1];
  const known = knownQuantities(union);
  const byDefault = shownByDefault(known, details);
  const ordered = inOrderOfInterest(union, details);
  const quantities = known.map((quantity) => shownParts(quantity, view, byDefault));
  return {
    full,
    domain,
    quantities,
    models: modelsOf(union),
    runs: chosen.map(({ run, summary }) => {
      const { detail, error, thresholds } = library.entry(run);
      return {
        run,
        summary,
        detail,
        error,
        panels: detail ? panelsOf(detail, view, ordered, byDefault) : [],
        markers: detail ? markersOf(library, detail, view.axis, domain) : [],
        judgedBy: changeText(thresholds, library.described ?? []),
      };
    }),
  };
}

/** What a heatmap panel shows: one series of a run. (Differences: difference_sources.ts.) */
import type { SeriesInfo, SeriesValues } from "../api/types";
import type { ColourScale } from "../charts/colour";
import type { PaintedRow } from "../charts/heatmap";
import { baselineOf } from "../model/baseline";
import { cellAt } from "../model/cells";
import { seriesTitle } from "../model/quantities";
import { listRows, type ListedRow } from "../model/rows";
import { savedRange } from "../model/sight";
import { summaryOf } from "../model/summary_rows";
import { words } from "../ui/format";
import type { PanelContext, Tip } from "./context";
import type { Hold } from "./legend";
import { plainLegend, type LegendTexts } from "./legend_texts";
import type { Saved } from "./save_menu";
import { cellSpeech, cellTip, foldedTip, placeOf } from "./tips";

export interface HeatmapModel {
  readonly title: string;
  readonly subtitle: string;
  readonly description: string;
  /** How many rows there are, listed or not. */
  readonly rowCount: number;
  readonly listed: readonly ListedRow[];
  readonly values: SeriesValues | null;
  readonly statistic: string;
  readonly scale: ColourScale;
  readonly legend: LegendTexts;
  readonly hold: Hold | null;
  /** Said below the plot. */
  readonly note: string;
  readonly error: string | null;
  readonly loading: boolean;
  /** The row whose history is open. */
  readonly chosen: string | null;
  readonly saved: Omit<Saved, "run"> | null;
  painted(item: ListedRow): PaintedRow;
  tip(item: ListedRow, column: number): Tip;
  speech(item: ListedRow, column: number): string;
  open(item: ListedRow): void;
}

export type HeatmapSource = (context: PanelContext) => HeatmapModel;

/** Rows that are measured one after the other: another order would make no sense of them. */
const IN_SEQUENCE: ReadonlySet<string> = new Set(["time step"]);

export const orderFor = (rowKind: string, { view }: PanelContext) =>
  IN_SEQUENCE.has(rowKind) && view.order !== "reverse" ? "forward" : view.order;

const ORDER_TEXTS = {
  forward: " · input at the top",
  reverse: " · output at the top",
  name: " · by name",
  largest: " · largest at the top",
  onset: " · first onset at the top",
} as const;

/** Opens the history of a row; unfolds what is folded. */
export function openRow({ actions, view }: PanelContext, tag: string, item: ListedRow): void {
  if (item.row >= 0) actions.chooseRow({ tag, row: item.name });
  else actions.setView({ folded: view.folded.filter((name) => name !== item.name) });
}

export const nothingCalled = (filter: string): string =>
  `No row is called “${filter}”. Empty the field “Filter rows by name” to see all rows.`;

export const seriesSource =
  (tag: string, shipped: SeriesInfo): HeatmapSource =>
  (context) => {
    const { view, scene, actions } = context;
    const { detail } = scene;
    const info = detail?.series.find((item) => item.tag === tag) ?? shipped;
    const values = context.values(tag);
    const entry = context.entry(tag);
    const order = orderFor(info.rowKind, context);
    const rank = context.rank(tag, order);
    const listed = listRows(info.rows, {
      filter: view.filter,
      folded: view.folded,
      order,
      rank: (row) => rank(info.rows[row]!),
    });
    const title = seriesTitle(info, detail?.series ?? []);
    const merged =
      values && values.windows > values.columns
        ? ` · ${values.windows} windows in ${values.columns} columns`
        : "";
    const ordered = info.rowKind === "layer" || order !== "forward" ? ORDER_TEXTS[order] : "";
    const folded = (item: ListedRow, source: SeriesValues) =>
      summaryOf(source, item.name, item.members, view.statistic);
    const cell = (item: ListedRow, column: number) =>
      values && cellAt(values, item.row, column, view.statistic);
    const { [info.quantity]: held, ...others } = view.held;
    return {
      title,
      subtitle: `${info.scale} colour, ${view.statistic} of window, per ${info.rowKind}${ordered}${merged}`,
      description: info.description,
      rowCount: info.rows.length,
      listed,
      values,
      statistic: view.statistic,
      scale: context.scale(info.quantity),
      legend: plainLegend,
      hold: {
        held: held !== undefined,
        quantity: words(info.quantity),
        toggle: (domain) => {
          actions.setView({ held: held ? others : { ...others, [info.quantity]: domain } });
        },
      },
      note: values && !listed.length ? nothingCalled(view.filter) : "",
      error: entry?.error ?? null,
      loading: values === null,
      chosen: view.row?.tag === tag ? view.row.row : null,
      saved: values && { name: info.title, series: [values], range: savedRange(values, view) },
      painted: (item) =>
        item.row >= 0
          ? { series: values!, row: item.row }
          : { series: folded(item, values!).series, row: 0 },
      tip: (item, column) => {
        const place = values ? placeOf(values, column) : "";
        const one = cell(item, column);
        if (!values || (item.row >= 0 && !one))
          return { title: item.name, place, readings: [], remarks: [] };
        if (!one)
          return foldedTip(item, place, values, folded(item, values), column, view.statistic);
        // The whole run, however far it is zoomed in: what is normal does not depend on that.
        const all = entry?.full ?? values;
        const baseline = baselineOf(all, item.row, view.statistic, detail?.onsets ?? []);
        return cellTip(item.name, place, one, baseline, values.statistics.has("count"));
      },
      speech: (item, column) => {
        const place = values ? placeOf(values, column) : "";
        const one = cell(item, column);
        if (one) return cellSpeech(item.name, place, one);
        if (!values) return "";
        const { remarks } = foldedTip(
          item,
          place,
          values,
          folded(item, values),
          column,
          view.statistic,
        );
        return `${item.name}, ${place}: ${remarks.join(", ")}`;
      },
      open: (item) => {
        openRow(context, tag, item);
      },
    };
  };

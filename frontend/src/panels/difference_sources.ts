/** What the panels of a difference show: a heatmap of one series of both runs, and lines of both. */
import type { SeriesInfo } from "../api/types";
import { formatDifference, type DifferenceKind } from "../charts/diverging";
import type { CellClass, Statistic } from "../model/cells";
import {
  BEYOND,
  DIFFERENCE,
  differenceBetween,
  readingsAt,
  rowSizes,
  withBothSides,
  type Difference,
} from "../model/difference";
import type { Pair } from "../model/pair";
import { seriesTitle } from "../model/quantities";
import { listRows, type ListedRow } from "../model/rows";
import { savedRange } from "../model/sight";
import { summaryOf } from "../model/summary_rows";
import { formatNumber } from "../ui/format";
import type { PanelContext, Tip } from "./context";
import { nothingCalled, openRow, orderFor, type HeatmapSource } from "./heatmap_source";
import { differenceLegend } from "./legend_texts";
import { placeOf } from "./tips";

export const kindFor = ({ scale }: SeriesInfo): DifferenceKind =>
  scale === "log" ? "ratio" : "difference";

const NOT_A_VALUE: Readonly<Record<Exclude<CellClass, "value">, string>> = {
  missing: "not measured",
  nan: "NaN",
  inf: "+Inf",
  "-inf": "−Inf",
};

function differenceText({ kind }: Difference, found: number): string {
  if (Number.isNaN(found)) return "no difference: one of the two has no finite value";
  const value = Math.abs(found) >= BEYOND ? Math.sign(found) * Infinity : found;
  return formatDifference(kind, value, 4);
}

/** "×14.2", and what both have there. */
function differenceTip(
  difference: Difference,
  { first, second }: Pair,
  row: number,
  column: number,
  statistic: Statistic,
): Tip {
  const { values, sides, kind } = difference;
  const found = values.statistics.get(DIFFERENCE)![row * values.columns + column]!;
  const both = readingsAt(difference, row, column, statistic).map(({ value, kind: what }) =>
    what === "value" ? formatNumber(value) : NOT_A_VALUE[what],
  );
  const missing = values.statistics.get("count")![row * values.columns + column] === 0;
  const places = sides.map(({ series, columns }) => {
    const own = columns[column]!;
    return own < 0 ? null : placeOf(series, own);
  });
  const what = kind === "ratio" ? "ratio" : "difference";
  return {
    title: values.rows[row] ?? "",
    place: `${statistic} of window`,
    readings: [
      { name: first.run, value: both[0]! },
      { name: second.run, value: both[1]! },
      {
        name: what,
        value: missing ? "not measured in both" : differenceText(difference, found),
      },
    ],
    remarks: places.map((place, i) => `${[first, second][i]!.run}: ${place ?? "no window here"}`),
  };
}

/** Rows folded into one: of their differences the largest, whichever way it goes. */
const foldedOf = ({ values }: Difference, { name, members }: ListedRow) =>
  summaryOf(values, name, members, DIFFERENCE, "size");

/** What the row with the largest difference says, and that it is one of several. */
function foldedTip(
  difference: Difference,
  pair: Pair,
  item: ListedRow,
  column: number,
  statistic: Statistic,
): Tip {
  const row = foldedOf(difference, item).largest[column] ?? -1;
  const told = row < 0 ? null : differenceTip(difference, pair, row, column, statistic);
  const largest = told
    ? `largest difference of ${item.members.length} rows, in ${told.title}`
    : `none of ${item.members.length} rows has a difference here`;
  return {
    title: item.name,
    place: `${statistic} of window`,
    readings: told?.readings ?? [],
    remarks: [largest, ...(told?.remarks ?? []), "Click to unfold."],
  };
}

/** Rows that only one of the two has, in words; "" where there is none. */
function loneText({ lone }: Difference, { first, second }: Pair): string {
  const told = lone.map((names, i) => {
    const run = [first, second][i]!.run;
    const some = names.slice(0, 3).join(", ") + (names.length > 3 ? " …" : "");
    return names.length ? `${names.length} rows only in ${run}: ${some}.` : "";
  });
  return told.filter((text) => text !== "").join(" ");
}

export const differenceSource =
  (tag: string, pairNow: () => Pair | null): HeatmapSource =>
  (context: PanelContext) => {
    const pair = pairNow()!;
    const { view } = context;
    const { first, second } = pair;
    const info = first.detail!.series.find((item) => item.tag === tag)!;
    const kind = kindFor(info);
    const sides = [first, second].map(({ run }) => context.of(run).values(tag));
    const difference =
      sides[0] && sides[1] && view.axis !== "wall"
        ? differenceBetween(sides[0], sides[1], view.axis, view.statistic, kind)
        : null;
    const names = difference?.values.rows ?? [];
    const order = orderFor(info.rowKind, context);
    const largest = order === "largest" && difference ? rowSizes(difference) : null;
    const rank = context.rank(tag, order);
    const listed = listRows(names, {
      filter: view.filter,
      folded: view.folded,
      order,
      rank: (row) => (largest ? largest[row]! : rank(names[row]!)),
    });
    const values = difference?.values ?? null;
    const tip = (item: ListedRow, column: number): Tip =>
      item.row < 0
        ? foldedTip(difference!, pair, item, column, view.statistic)
        : differenceTip(difference!, pair, item.row, column, view.statistic);
    const errors = [first, second].map(({ run }) => context.of(run).entry(tag)?.error);
    const words = kind === "ratio" ? "ratio, log colour" : "difference, linear colour";
    return {
      title: `Δ ${seriesTitle(info, first.detail!.series)}`,
      subtitle: `${words}, ${view.statistic} of window, per ${info.rowKind}`,
      description: `${info.description} ${first.run} against ${second.run}.`,
      rowCount: names.length,
      listed,
      values,
      statistic: DIFFERENCE,
      scale: context.differenceScale(info.quantity),
      legend: differenceLegend(kind, first.run, second.run),
      hold: null,
      note: difference
        ? names.length && !listed.length
          ? nothingCalled(view.filter)
          : loneText(difference, pair) || (names.length ? "" : "The two runs share no row.")
        : "",
      error: errors.find((error) => error) ?? null,
      loading: difference === null && view.axis !== "wall",
      chosen: view.row?.tag === tag ? view.row.row : null,
      saved: values && {
        name: `against ${second.run} · difference of ${info.title}`,
        series: [withBothSides(difference!, view.statistic)],
        range: view.axis === "step" ? savedRange(values, view) : null,
      },
      painted: (item) =>
        item.row < 0
          ? { series: foldedOf(difference!, item).series, row: 0 }
          : { series: values!, row: item.row },
      tip,
      speech: (item, column) => {
        const { title, readings } = tip(item, column);
        return `${title}: ${readings.map(({ name, value }) => `${name} ${value}`).join(", ")}`;
      },
      open: (item) => {
        openRow(context, tag, item);
      },
    };
  };

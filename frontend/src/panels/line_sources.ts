/** What the line panels show: the loss, other epoch logs, one series of lines, one row. */
import type { SeriesInfo, SeriesValues } from "../api/types";
import type { Mark, Trace } from "../charts/lines";
import { baselineOf } from "../model/baseline";
import { cellAt } from "../model/cells";
import { columnAt, columnEndingAfter, extents } from "../model/columns";
import { infosOf, isTopLog, logFamily, logRows } from "../model/epoch_logs";
import { seriesTitle } from "../model/quantities";
import { epochLine, nonfiniteGaps, rowLine, wholeEpochs } from "../model/traces";
import { capital, formatNumber, words } from "../ui/format";
import type { PanelContext, Reading, RunData, Tip } from "./context";
import { cellTip, placeOf } from "./tips";
import { theme } from "./theme";

export interface LinesModel {
  readonly title: string;
  readonly subtitle: string;
  readonly description: string;
  readonly height: number;
  readonly scale: "linear" | "log" | null;
  /** What the axis on the right is of. */
  readonly rightTitle?: string;
  readonly traces: readonly Trace[];
  readonly marks: readonly Mark[];
  /** What the traces are drawn from. */
  readonly series: readonly SeriesValues[];
  /** Where all is about one row: its index. */
  readonly row?: number;
  readonly band: { readonly low: number; readonly high: number; readonly colour: string } | null;
  readonly gridColour: string;
  readonly error: string | null;
  readonly loading: boolean;
  tip(x: number): Tip | null;
}

export type LineSource = (context: PanelContext) => LinesModel;

export interface Drawn {
  readonly trace: Trace;
  readonly series: SeriesValues;
  readonly row: number;
  /** One column an epoch, which stands for all of it. */
  readonly isLog?: boolean;
}

function columnOf({ series, isLog }: Drawn, x: number, context: PanelContext): number {
  const places = extents(series.x, context.view.axis);
  return isLog ? columnEndingAfter(places, x) : columnAt(places, x);
}

function valueAt(drawn: Drawn, x: number, context: PanelContext): Reading {
  const { series, row, trace } = drawn;
  const column = columnOf(drawn, x, context);
  const cell = column < 0 ? null : cellAt(series, row, column, "mean");
  let value = cell ? formatNumber(cell.mean) : "–";
  if (cell?.class === "missing") value = "not measured";
  else if (cell && trace.high) value += `  (${formatNumber(cell.min)} … ${formatNumber(cell.max)})`;
  if (cell && cell.nonfinite > 0 && cell.nonfiniteStep !== null)
    value += `, non-finite at step ${cell.nonfiniteStep}`;
  return { name: trace.name, value, colour: trace.colour };
}

export function tipOf(title: string, drawn: readonly Drawn[], context: PanelContext) {
  return (x: number): Tip | null => {
    // Windows place a reading more exactly than epochs do.
    for (const item of drawn.toSorted((a, b) => Number(a.isLog ?? 0) - Number(b.isLog ?? 0))) {
      const { series } = item;
      const column = columnOf(item, x, context);
      if (column < 0) continue;
      const readings = drawn.map((item) => valueAt(item, x, context));
      return { title, place: placeOf(series, column), readings, remarks: [] };
    }
    return null;
  };
}

export const marksOf = (drawn: readonly Drawn[], context: PanelContext): Mark[] =>
  drawn.flatMap(({ series, row, isLog }) => {
    const places = extents(series.x, context.view.axis);
    return nonfiniteGaps(series, row, isLog ? wholeEpochs(places) : places);
  });

export function stateOf(context: RunData, tags: readonly string[]) {
  const entries = tags.map((tag) => context.entry(tag));
  return {
    error: entries.map((entry) => entry?.error).find((error) => error) ?? null,
    loading: entries.some((entry) => !entry?.full && !entry?.error),
  };
}

const plain = { scale: null, band: null } as const;

const placesOf = (series: SeriesValues, context: PanelContext) =>
  extents(series.x, context.view.axis);

/** Where the first epoch begins. */
const origin = (series: SeriesValues, context: PanelContext): number =>
  context.view.axis === "wall" ? (placesOf(series, context).start[0] ?? 0) : 0;

type Style = Omit<Trace, "name" | "x" | "y" | "low" | "high" | "from">;

/** Loss of the step with its band, the epoch's losses, and the learning rate on the right. */
export const lossSource: LineSource = (context) => {
  const { detail } = context.scene;
  const colours = theme(context.dark);
  const drawn: Drawn[] = [];
  const tags: string[] = [];
  const add = (info: SeriesInfo, name: string, style: Style) => {
    tags.push(info.tag);
    const series = context.values(info.tag);
    series?.rows.forEach((rowName, row) => {
      const trace: Trace = {
        ...rowLine(series, row, placesOf(series, context)),
        name: series.rows.length > 1 ? `${name} ${rowName}` : name,
        ...style,
      };
      drawn.push({ trace, series, row });
    });
  };
  for (const info of infosOf(detail, "learning_rate"))
    add(info, "learning rate", { colour: colours.rate, width: 1.5, dash: [2, 3], axis: "right" });
  for (const info of infosOf(detail, "loss"))
    add(info, "loss per step", { colour: colours.loss, width: 1.5, axis: "left" });
  for (const { info, name } of logRows(detail).filter(isTopLog)) {
    tags.push(info.tag);
    const series = context.values(info.tag);
    const row = series?.rows.indexOf(name) ?? -1;
    if (!series || row < 0) continue;
    const isTraining = name === "loss";
    const style: Style = isTraining
      ? { colour: colours.epochLoss, width: 1.2, dash: [1, 2], axis: "left" }
      : { colour: colours.validation, width: 2, dash: [6, 3], dots: true, axis: "left" };
    const trace: Trace = {
      ...epochLine(series, row, placesOf(series, context), isTraining, origin(series, context)),
      name: isTraining ? "training loss of the epoch" : "validation loss",
      ...style,
    };
    drawn.push({ trace, series, row, isLog: true });
  }
  return {
    ...plain,
    ...stateOf(context, tags),
    title: "Loss",
    subtitle: "mean with min–max band",
    description: "Loss, validation loss and learning rate over time.",
    height: 156,
    rightTitle: "learning rate",
    traces: drawn.map(({ trace }) => trace),
    marks: marksOf(drawn, context),
    series: drawn.map((item) => item.series),
    gridColour: colours.grid,
    tip: tipOf("Loss", drawn, context),
  };
};

/** Epoch logs that belong together: training and validation figure. */
export const logsSource =
  (family: string): LineSource =>
  (context) => {
    const colours = theme(context.dark);
    const rows = logRows(context.scene.detail).filter(({ name }) => logFamily(name) === family);
    const drawn: Drawn[] = [];
    for (const { info, name } of rows) {
      const series = context.values(info.tag);
      const row = series?.rows.indexOf(name) ?? -1;
      if (!series || row < 0) continue;
      const validation = name !== family;
      const style: Style = {
        colour: validation ? colours.validation : colours.loss,
        width: 1.8,
        dots: true,
        axis: "left",
        ...(validation ? { dash: [6, 3] } : {}),
      };
      const line = epochLine(
        series,
        row,
        placesOf(series, context),
        false,
        origin(series, context),
      );
      drawn.push({ series, row, isLog: true, trace: { ...line, name, ...style } });
    }
    const tags = rows.map(({ info }) => info.tag);
    return {
      ...plain,
      ...stateOf(context, tags),
      title: capital(words(family)),
      subtitle: "as Keras logged it, at the end of each epoch",
      description: `${rows.map(({ name }) => name).join(" and ")} over time.`,
      height: 80,
      traces: drawn.map(({ trace }) => trace),
      marks: marksOf(drawn, context),
      series: drawn.map((item) => item.series),
      gridColour: colours.grid,
      tip: tipOf(family, drawn, context),
    };
  };

/** Every row of a series as a line. */
export const rowsSource =
  (tag: string): LineSource =>
  (context) => {
    const info = context.scene.detail?.series.find((item) => item.tag === tag);
    const colours = theme(context.dark);
    const series = context.values(tag);
    const drawn: Drawn[] = [];
    series?.rows.forEach((name, row) => {
      const colour = colours.series[row % colours.series.length]!;
      const line = rowLine(series, row, placesOf(series, context));
      drawn.push({ series, row, trace: { ...line, name, colour, width: 1.6, axis: "left" } });
    });
    const title = info ? seriesTitle(info, context.scene.detail?.series ?? []) : tag;
    return {
      ...plain,
      ...stateOf(context, [tag]),
      scale: info?.scale === "log" ? "log" : null,
      title,
      subtitle: info?.description ?? "",
      description: `${title}: ${info?.rows.join(", ") ?? ""} over time.`,
      height: drawn.length > 1 ? 92 : 64,
      traces: drawn.map(({ trace }) => trace),
      marks: marksOf(drawn, context),
      series: drawn.map((item) => item.series),
      gridColour: colours.grid,
      tip: tipOf(title, drawn, context),
    };
  };

/** One row of a heatmap: its history with the min-max band, and its own baseline where known. */
export const rowSource =
  (tag: string, name: string): LineSource =>
  (context) => {
    const { detail } = context.scene;
    const info = detail?.series.find((item) => item.tag === tag);
    const colours = theme(context.dark);
    const series = context.values(tag);
    const row = series?.rows.indexOf(name) ?? -1;
    const places = series && extents(series.x, context.view.axis);
    const drawn: Drawn[] = [];
    if (series && places && row >= 0) {
      const style = { name, colour: colours.row, width: 1.6, axis: "left" as const };
      drawn.push({ series, row, trace: { ...rowLine(series, row, places), ...style } });
    }
    const all = context.entry(tag)?.full ?? series;
    const baseline = all && row >= 0 ? baselineOf(all, row, "mean", detail?.onsets ?? []) : null;
    const band = baseline && {
      low: baseline.median - baseline.spread,
      high: baseline.median + baseline.spread,
      colour: colours.baseline,
    };
    return {
      ...stateOf(context, [tag]),
      row,
      scale: info?.scale ?? null,
      band,
      title: `${name} · ${info ? seriesTitle(info, detail?.series ?? []) : tag}`,
      subtitle: "mean with min–max band" + (band ? " · its own baseline shaded" : ""),
      description: `History of ${name}.`,
      height: 120,
      traces: drawn.map(({ trace }) => trace),
      marks: marksOf(drawn, context),
      series: drawn.map((item) => item.series),
      gridColour: colours.grid,
      tip(x) {
        const column = series && places ? columnAt(places, x) : -1;
        const cell = series && column >= 0 ? cellAt(series, row, column, "mean") : null;
        if (!series || !cell) return null;
        const hasCount = series.statistics.has("count");
        return cellTip(name, placeOf(series, column), cell, baseline, hasCount);
      },
    };
  };

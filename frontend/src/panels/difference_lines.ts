/** Lines of both runs of a difference in one panel: their losses, or a row's two histories. */
import type { SeriesInfo, SeriesValues } from "../api/types";
import { extents } from "../model/columns";
import { infosOf } from "../model/epoch_logs";
import type { Pair } from "../model/pair";
import { seriesTitle } from "../model/quantities";
import { rowLine } from "../model/traces";
import type { PanelContext } from "./context";
import { marksOf, stateOf, tipOf, type Drawn, type LineSource } from "./line_sources";
import { theme } from "./theme";

/** The first run in the colour of "more", the second in that of "less". */
function bothRows(
  context: PanelContext,
  { first, second }: Pair,
  tag: string,
  rowOf: (series: SeriesValues) => number,
): Drawn[] {
  const colours = theme(context.dark);
  return [first, second].flatMap(({ run }, i) => {
    const series = context.of(run).values(tag);
    const row = series ? rowOf(series) : -1;
    if (!series || row < 0) return [];
    const line = rowLine(series, row, extents(series.x, context.view.axis));
    const style = i === 0 ? { colour: colours.loss } : { colour: colours.validation, dash: [7, 3] };
    return [{ series, row, trace: { ...line, name: run, width: 1.6, axis: "left", ...style } }];
  });
}

function panelOf(
  context: PanelContext,
  pair: Pair,
  info: SeriesInfo,
  title: string,
  drawn: readonly Drawn[],
) {
  const { first, second } = pair;
  const states = [first, second].map(({ run }) => stateOf(context.of(run), [info.tag]));
  return {
    title,
    subtitle: "both runs, mean with min–max band",
    description: `${title} of ${first.run} and of ${second.run} over time.`,
    height: 120,
    scale: info.scale === "log" ? ("log" as const) : null,
    band: null,
    error: states.find(({ error }) => error)?.error ?? null,
    loading: states.some(({ loading }) => loading),
    traces: drawn.map(({ trace }) => trace),
    marks: marksOf(drawn, context),
    series: drawn.map(({ series }) => series),
    gridColour: theme(context.dark).grid,
    tip: tipOf(title, drawn, context),
  };
}

export const bothLosses =
  (pairNow: () => Pair | null): LineSource =>
  (context) => {
    const pair = pairNow()!;
    const info = infosOf(pair.first.detail, "loss")[0]!;
    return panelOf(
      context,
      pair,
      info,
      "Loss",
      bothRows(context, pair, info.tag, () => 0),
    );
  };

export const bothHistories =
  (tag: string, row: string, pairNow: () => Pair | null): LineSource =>
  (context) => {
    const pair = pairNow()!;
    const series = pair.first.detail?.series ?? [];
    const info = series.find((item) => item.tag === tag)!;
    const drawn = bothRows(context, pair, tag, ({ rows }) => rows.indexOf(row));
    return panelOf(context, pair, info, `${row} · ${seriesTitle(info, series)}`, drawn);
  };

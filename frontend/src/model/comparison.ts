/** The runs that are shown, side by side: learning rate, best and last figure, first onset. */
import type { RunSummary, SeriesValues } from "../api/types";
import type { Library } from "../state/library";
import { valuesOf } from "./cells";
import { infosOf, logRows } from "./epoch_logs";
import { type Scene } from "./scene";

export interface ComparedRun {
  readonly run: string;
  readonly summary: RunSummary;
  readonly learningRates: readonly number[];
  readonly best: number | null;
  readonly last: number | null;
}

export interface Comparison {
  /** The epoch log compared, e.g. "val_accuracy"; null where the runs have none in common. */
  readonly figure: string | null;
  readonly runs: readonly ComparedRun[];
}

/** Figures of which less is better. */
const COST = /loss|error|mae|mse|msle|mape|divergence|perplexity|false_/i;

export const lessIsBetter = (figure: string): boolean => COST.test(figure);

/** Preferred: a validation figure that is not the loss, then the validation loss, then the rest. */
export function pickFigure(names: readonly string[]): string | null {
  const rank = (name: string): number =>
    (name.startsWith("val_") ? 0 : 2) + (/(^|_)loss$/.test(name) ? 1 : 0);
  return [...names].sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

/** Best finite value; and the last one, which may well be NaN. */
export function bestAndLast(
  series: SeriesValues,
  row: number,
  figure: string,
): readonly [number | null, number | null] {
  const values = valuesOf(series, "value");
  const mine = values.subarray(row * series.columns, (row + 1) * series.columns);
  const finite = mine.filter((value) => Number.isFinite(value));
  const pick = lessIsBetter(figure) ? Math.min : Math.max;
  const best = finite.length ? finite.reduce((a, b) => pick(a, b)) : null;
  return [best, mine.at(-1) ?? null];
}

/** The best figure of all runs. */
export function bestOf({ figure, runs }: Comparison): number | null {
  const known = runs.map(({ best }) => best).filter((best) => best !== null);
  if (figure === null || !known.length) return null;
  return lessIsBetter(figure) ? Math.min(...known) : Math.max(...known);
}

export function compare(scene: Scene, library: Library): Comparison {
  const names = scene.runs.map(({ detail }) => new Set(logRows(detail).map(({ name }) => name)));
  const common = [...(names[0] ?? [])].filter((name) => names.every((set) => set.has(name)));
  const figure = pickFigure(common);
  return {
    figure,
    runs: scene.runs.map(({ run, summary, detail }) => {
      const log = infosOf(detail, "epoch_logs").find(({ rows }) => rows.includes(figure ?? ""));
      const series = log ? (library.series(run, log.tag)?.full ?? null) : null;
      const row = series && figure !== null ? series.rows.indexOf(figure) : -1;
      const [best, last] =
        series && figure !== null && row >= 0 ? bestAndLast(series, row, figure) : [null, null];
      return { run, summary, learningRates: summary.learningRates, best, last };
    }),
  };
}

export type SortKey = "run" | "learningRate" | "best" | "last" | "onset";

const highest = ({ learningRates }: ComparedRun): number => Math.max(...learningRates);
const lastRate = ({ learningRates }: ComparedRun): number => learningRates.at(-1) ?? 0;

/** Runs without the figure come last, whichever way it goes. */
export function sortRuns(
  { runs, figure }: Comparison,
  key: SortKey,
  descending: boolean,
): ComparedRun[] {
  const sign = descending ? -1 : 1;
  const worst = figure !== null && lessIsBetter(figure) ? Infinity : -Infinity;
  const valueOf = (run: ComparedRun): number | null => {
    if (key === "run") return runs.indexOf(run);
    if (key === "onset") return run.summary.firstOnset?.step ?? Infinity;
    if (key === "learningRate") return run.learningRates.length ? highest(run) : null;
    const value = run[key];
    return Number.isNaN(value) ? worst : value;
  };
  return [...runs].sort((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    if (x === y && key === "learningRate") return sign * (lastRate(a) - lastRate(b));
    return x === y ? 0 : x < y ? -sign : sign;
  });
}

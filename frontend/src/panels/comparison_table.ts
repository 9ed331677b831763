/** The runs that are shown as a table, by learning rate first: a sweep at a glance. */
import {
  bestOf,
  sortRuns,
  type Comparison,
  type ComparedRun,
  type SortKey,
} from "../model/comparison";
import { kindName, moodOf, verdict } from "../model/verdict";
import { h, replaceChildren, toggle } from "../ui/dom";
import { formatNumber, words } from "../ui/format";
import { SHAPES } from "./run_item";

interface Column {
  readonly key: SortKey;
  readonly title: string;
  readonly cell: (run: ComparedRun) => string;
}

const rates = (all: readonly number[]): string =>
  all.map((rate) => formatNumber(rate, 3)).join(" → ") || "–";

function columnsFor(figure: string | null): Column[] {
  const name = figure === null ? "figure" : words(figure);
  const figures: Column[] = [
    { key: "best", title: `best ${name}`, cell: ({ best }) => formatNumber(best, 3) },
    { key: "last", title: "last", cell: ({ last }) => formatNumber(last, 3) },
  ];
  return [
    { key: "learningRate", title: "lr", cell: ({ learningRates }) => rates(learningRates) },
    { key: "run", title: "run", cell: ({ run }) => run },
    ...(figure === null ? [] : figures),
    {
      key: "onset",
      title: "first onset",
      cell: ({ summary }) => {
        if (moodOf(summary) === "pending") return verdict(summary);
        const { firstOnset } = summary;
        return firstOnset ? `epoch ${firstOnset.epoch}: ${kindName(firstOnset)}` : "none";
      },
    },
  ];
}

/** A cell of the table: the best figure stands out, and an onset has the mark of its run. */
function bodyCell(run: ComparedRun, key: SortKey, text: string, winner: number | null) {
  if (key !== "onset") {
    const wins = key === "best" && winner !== null && run.best === winner;
    return h("td", { "data-column": key, class: wins ? "wins" : "" }, text);
  }
  const mood = moodOf(run.summary);
  const mark = h("span", { class: "dot", "aria-hidden": "true" }, SHAPES[mood]);
  return h("td", { "data-column": key, "data-mood": mood }, mark, ` ${text}`);
}

export class ComparisonTable {
  private readonly table = h("table");
  readonly element = h(
    "section",
    { class: "comparison", "data-testid": "comparison", hidden: true },
    h("h2", {}, "Compared"),
    this.table,
  );
  private key: SortKey = "learningRate";
  private descending = true;
  private shown = "";
  private comparison: Comparison | null = null;

  update(comparison: Comparison): void {
    this.comparison = comparison;
    toggle(this.element, comparison.runs.length > 1);
    const content = JSON.stringify(
      comparison.runs.map(({ summary, best, last }) => [summary, String(best), String(last)]),
    );
    const shown = [comparison.figure, content, this.key, this.descending].join();
    if (shown === this.shown) return;
    this.shown = shown;
    this.draw(comparison);
  }

  private draw(comparison: Comparison): void {
    const columns = columnsFor(comparison.figure);
    const winner = bestOf(comparison);
    const focused = (document.activeElement as HTMLElement | null)?.dataset["sort"];
    replaceChildren(
      this.table,
      h("thead", {}, h("tr", {}, ...columns.map((column) => this.head(column)))),
      h(
        "tbody",
        {},
        ...sortRuns(comparison, this.key, this.descending).map((run) =>
          h(
            "tr",
            { "data-run": run.run },
            ...columns.map(({ cell, key }) => bodyCell(run, key, cell(run), winner)),
          ),
        ),
      ),
    );
    if (focused !== undefined)
      this.table.querySelector<HTMLElement>(`[data-sort="${CSS.escape(focused)}"]`)?.focus();
  }

  private head({ key, title }: Column): HTMLElement {
    const sorted = key === this.key;
    const arrow = this.descending ? " ▾" : " ▴";
    const button = h(
      "button",
      {
        type: "button",
        class: "quiet",
        "data-sort": key,
        on: {
          click: () => {
            this.descending = sorted ? !this.descending : key !== "run" && key !== "onset";
            this.key = key;
            if (this.comparison) this.update(this.comparison);
          },
        },
      },
      title + (sorted ? arrow : ""),
    );
    const order = this.descending ? "descending" : "ascending";
    return h("th", { scope: "col", "aria-sort": sorted ? order : "none" }, button);
  }
}

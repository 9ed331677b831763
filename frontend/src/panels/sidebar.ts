/** Left: runs with their verdicts, axis, statistic, quantities, row filter. */
import type { RunSummary } from "../api/types";
import { AXIS_NAMES } from "../charts/axis";
import { STATISTICS, type Statistic } from "../model/cells";
import { AXIS_MODES, type AxisMode } from "../model/columns";
import type { Scene } from "../model/scene";
import type { ViewState } from "../state/view";
import { h, reconcile, toggle } from "../ui/dom";
import type { Actions } from "./context";
import { MoodFilter } from "./mood_filter";
import { patternKey } from "./pattern_key";
import { QuantityList } from "./quantity_list";
import { RowOptions } from "./row_options";
import { RunItem } from "./run_item";
import { segmented } from "./segmented";
import { ThresholdsSection, type ThresholdState } from "./thresholds_section";

const STATISTIC_NAMES: Readonly<Record<Statistic, string>> = {
  mean: "mean",
  max: "max",
  min: "min",
  last: "last",
};

const FILTER_FROM = 8;

export class Sidebar {
  private readonly runs = h("ul", { class: "run-list" });
  private readonly runFilter = h("input", {
    type: "search",
    placeholder: "Filter runs",
    "aria-label": "Filter runs",
    hidden: true,
  });
  private readonly moods = new MoodFilter(() => this.last?.());
  private readonly items = new Map<string, RunItem>();
  private readonly quantities: QuantityList;
  private readonly rows: RowOptions;
  private readonly thresholds: ThresholdsSection;
  private readonly axis;
  private readonly statistic;
  readonly element: HTMLElement;
  private last: (() => void) | null = null;

  constructor(private readonly actions: Actions) {
    this.quantities = new QuantityList(actions);
    this.rows = new RowOptions(actions);
    this.thresholds = new ThresholdsSection(actions);
    this.axis = segmented<AxisMode>("axis", AXIS_MODES, AXIS_NAMES, (axis) => {
      actions.setView({ axis });
    });
    this.statistic = segmented("statistic", STATISTICS, STATISTIC_NAMES, (statistic) => {
      actions.setView({ statistic });
    });
    this.runFilter.addEventListener("input", () => this.last?.());
    this.element = h(
      "nav",
      { class: "sidebar", "aria-label": "Runs and display" },
      h("h2", {}, "Runs"),
      this.runFilter,
      this.moods.element,
      this.runs,
      h("h2", {}, "Axis"),
      this.axis.element,
      h("h2", {}, "Colour shows"),
      this.statistic.element,
      this.quantities.element,
      this.rows.element,
      this.thresholds.element,
      h("h2", {}, "Marks"),
      patternKey(),
      h(
        "button",
        {
          type: "button",
          class: "print",
          "data-testid": "print",
          title: "Print what is shown, with the findings",
          on: {
            click: () => {
              window.print();
            },
          },
        },
        "Print",
      ),
    );
  }

  updateThresholds(state: ThresholdState): void {
    this.thresholds.update(state);
  }

  update(all: readonly RunSummary[], view: ViewState, scene: Scene): void {
    this.last = () => {
      this.update(all, view, scene);
    };
    const chosen = view.runs ?? [];
    const wanted = this.runFilter.value.trim().toLowerCase();
    toggle(this.runFilter, all.length >= FILTER_FROM);
    this.moods.update(all, all.length >= FILTER_FROM);
    reconcile(
      this.runs,
      this.items,
      all.filter((item) => item.run.toLowerCase().includes(wanted) && this.moods.lets(item)),
      ({ run }) => run,
      () =>
        new RunItem((run, how) => {
          this.choose(run, how, all);
        }),
      (item, summary) => {
        item.update(summary, chosen.includes(summary.run));
      },
    );
    const first = this.chosen.length ? undefined : this.items.get(chosen[0] ?? "");
    if (first)
      requestAnimationFrame(() => {
        first.element.scrollIntoView({ block: "nearest" });
      });
    this.chosen = chosen;
    this.axis.update(view.axis);
    this.statistic.update(view.statistic);
    this.quantities.update(scene.quantities, view);
    this.rows.update(view, scene.models);
  }

  private chosen: readonly string[] = [];

  private choose(run: string, how: "toggle" | "only", all: readonly RunSummary[]): void {
    const without = this.chosen.filter((name) => name !== run);
    const added = without.length === this.chosen.length;
    const names = how === "only" ? [run] : added ? [...without, run] : without;
    // Sections come in the order of the list, however they were chosen.
    const order = all.map((summary) => summary.run);
    this.actions.setView({ runs: names.sort((a, b) => order.indexOf(a) - order.indexOf(b)) });
  }
}

/** Left: runs with their verdicts, axis, statistic, quantities, row filter. */
import type { RunSummary } from "../api/types";
import { AXIS_NAMES } from "../charts/axis";
import { STATISTICS, type Statistic } from "../model/cells";
import { AXIS_MODES, type AxisMode } from "../model/columns";
import { choose } from "../model/quantities";
import type { ShownQuantity } from "../model/scene";
import { moodOf, verdict, type Mood } from "../model/verdict";
import type { ViewState } from "../state/view";
import { h, reconcile, setBreakableText, setText, toggle } from "../ui/dom";
import { formatNumber } from "../ui/format";
import type { Actions } from "./context";
import { patternKey } from "./legend";
import { ThresholdsSection, type ThresholdState } from "./thresholds_section";

/** Moods are told apart by shape as well as by colour. */
const SHAPES: Readonly<Record<Mood, string>> = {
  critical: "✖",
  warning: "▲",
  info: "◆",
  ok: "●",
  none: "○",
};

class RunItem {
  private readonly box = h("input", { type: "checkbox" });
  private readonly dot = h("span", { class: "dot", "aria-hidden": "true" });
  private readonly name = h("span", { class: "run-name" });
  private readonly verdict = h("span", { class: "run-verdict" });
  private readonly only = h("button", { type: "button", class: "quiet only" }, "only");
  readonly element = h(
    "li",
    { class: "run-item", "data-testid": "run-item" },
    h("label", {}, this.box, this.dot, h("span", { class: "run-text" }, this.name, this.verdict)),
    this.only,
  );
  private run = "";

  constructor(choose: (run: string, how: "toggle" | "only") => void) {
    this.box.addEventListener("change", () => {
      choose(this.run, "toggle");
    });
    this.only.addEventListener("click", () => {
      choose(this.run, "only");
    });
  }

  update(summary: RunSummary, chosen: boolean): void {
    this.run = summary.run;
    const mood = moodOf(summary);
    this.box.checked = chosen;
    this.element.dataset["run"] = summary.run;
    this.element.dataset["mood"] = mood;
    this.element.classList.toggle("chosen", chosen);
    setText(this.dot, SHAPES[mood]);
    setBreakableText(this.name, summary.run);
    this.name.title = summary.run;
    const rate = summary.learningRate;
    const training = summary.status === "training" ? ", still training" : "";
    setText(this.verdict, verdict(summary) + training);
    this.verdict.title = rate === null ? "" : `learning rate ${formatNumber(rate, 3)}`;
    this.only.setAttribute("aria-label", `Show only ${summary.run}`);
  }
}

function segmented<T extends string>(
  label: string,
  options: readonly T[],
  names: Readonly<Record<T, string>>,
  choose: (option: T) => void,
) {
  const buttons = options.map((option) =>
    h(
      "button",
      {
        type: "button",
        "data-testid": `${label}-${option}`,
        on: {
          click: () => {
            choose(option);
          },
        },
      },
      names[option],
    ),
  );
  const element = h("div", { class: "segmented", role: "group", "aria-label": label }, ...buttons);
  const update = (chosen: T) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(options[i] === chosen));
    });
  };
  return { element, update };
}

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
  private readonly quantities = h("ul", { class: "quantities" });
  private readonly rowFilter = h("input", {
    type: "search",
    placeholder: "Filter rows by name",
    "aria-label": "Filter heatmap rows by name",
    "data-testid": "row-filter",
  });
  private readonly items = new Map<string, RunItem>();
  private readonly thresholds: ThresholdsSection;
  private readonly axis;
  private readonly statistic;
  readonly element: HTMLElement;
  private readonly allQuantities = h(
    "button",
    { type: "button", class: "quiet", title: "Show all quantities" },
    "all",
  );
  private readonly usualQuantities = h(
    "button",
    { type: "button", class: "quiet", title: "Show what the page shows by itself" },
    "default",
  );
  private names: readonly string[] = [];
  private quantityKey = "";
  private last: (() => void) | null = null;

  constructor(private readonly actions: Actions) {
    this.thresholds = new ThresholdsSection(actions);
    this.axis = segmented<AxisMode>("axis", AXIS_MODES, AXIS_NAMES, (axis) => {
      actions.setView({ axis });
    });
    this.statistic = segmented("statistic", STATISTICS, STATISTIC_NAMES, (statistic) => {
      actions.setView({ statistic });
    });
    this.allQuantities.addEventListener("click", () => {
      actions.setView({ hidden: [], added: this.names });
    });
    this.usualQuantities.addEventListener("click", () => {
      actions.setView({ hidden: [], added: [] });
    });
    this.rowFilter.addEventListener("input", () => {
      actions.setView({ filter: this.rowFilter.value });
    });
    this.runFilter.addEventListener("input", () => this.last?.());
    this.element = h(
      "nav",
      { class: "sidebar", "aria-label": "Runs and display" },
      h("h2", {}, "Runs"),
      this.runFilter,
      this.runs,
      h("h2", {}, "Axis"),
      this.axis.element,
      h("h2", {}, "Colour shows"),
      this.statistic.element,
      h(
        "div",
        { class: "side-head" },
        h("h2", {}, "Quantities"),
        this.allQuantities,
        this.usualQuantities,
      ),
      this.quantities,
      h("h2", {}, "Rows"),
      this.rowFilter,
      this.thresholds.element,
      h("h2", {}, "Marks"),
      patternKey(),
    );
  }

  updateThresholds(state: ThresholdState): void {
    this.thresholds.update(state);
  }

  update(all: readonly RunSummary[], view: ViewState, quantities: readonly ShownQuantity[]): void {
    this.last = () => {
      this.update(all, view, quantities);
    };
    const chosen = view.runs ?? [];
    const wanted = this.runFilter.value.trim().toLowerCase();
    toggle(this.runFilter, all.length >= FILTER_FROM);
    reconcile(
      this.runs,
      this.items,
      all.filter(({ run }) => run.toLowerCase().includes(wanted)),
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
    if (document.activeElement !== this.rowFilter) this.rowFilter.value = view.filter;
    this.updateQuantities(quantities, view);
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

  private updateQuantities(quantities: readonly ShownQuantity[], view: ViewState): void {
    toggle(
      this.allQuantities,
      quantities.some(({ shown }) => !shown),
    );
    toggle(this.usualQuantities, view.hidden.length + view.added.length > 0);
    const key = JSON.stringify([quantities, view.hidden, view.added]);
    if (key === this.quantityKey) return;
    this.quantityKey = key;
    this.names = quantities.map(({ name }) => name);
    const focused = (document.activeElement as HTMLElement | null)?.dataset["quantity"];
    this.quantities.replaceChildren(
      ...quantities.map(({ name, title, shown }) => {
        const box = h("input", { type: "checkbox", "data-quantity": name });
        box.checked = shown;
        box.addEventListener("change", () => {
          this.actions.setView(choose(view, name, !shown));
        });
        return h("li", {}, h("label", {}, box, h("span", {}, title)));
      }),
    );
    if (focused !== undefined)
      this.quantities
        .querySelector<HTMLElement>(`[data-quantity="${CSS.escape(focused)}"]`)
        ?.focus();
  }
}

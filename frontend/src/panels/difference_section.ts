/** The difference of two runs: both losses, and a heatmap of every series that both show. */
import { pairPanels, type Pair, type PairPanel } from "../model/pair";
import { h, reconcile, setText, toggle } from "../ui/dom";
import type { Panel, PanelContext } from "./context";
import { bothHistories, bothLosses } from "./difference_lines";
import { differenceSource } from "./difference_sources";
import { HeatmapPanel } from "./heatmap_panel";
import { LinesPanel } from "./lines_panel";

const NO_COMMON_TIME =
  "Two runs have no wall time in common, cell by cell. Choose the axis “epoch” or “step” on the left.";

export class DifferenceSection {
  private readonly title = h("h2");
  private readonly story = h("p", { class: "story" });
  private readonly note = h("p", { class: "difference-note", role: "status", hidden: true });
  private readonly list = h("div", { class: "panels" });
  private pair: Pair | null = null;
  readonly panels = new Map<string, Panel>();
  readonly element = h(
    "section",
    { class: "run difference", "data-testid": "difference", hidden: true },
    h(
      "header",
      { class: "run-head" },
      h("div", { class: "run-title" }, h("span", { class: "badge" }, "Δ"), this.title),
      this.story,
    ),
    this.note,
    this.list,
  );

  update(pair: Pair | null, context: PanelContext | null): void {
    toggle(this.element, pair !== null);
    this.pair = pair;
    const hidden = !pair || !context;
    const overWallTime = context?.view.axis === "wall";
    toggle(this.note, !hidden && overWallTime);
    setText(this.note, NO_COMMON_TIME);
    if (pair) {
      const { first, second } = pair;
      setText(this.title, `${first.run} against ${second.run}`);
      setText(
        this.story,
        `Orange: ${first.run} is larger. Blue: ${second.run} is larger. ` +
          "Quantities with logarithmic colour are compared by their ratio, the others by their difference. " +
          "Where one of the two was not measured, or is not finite, there is no difference.",
      );
    }
    reconcile(
      this.list,
      this.panels,
      hidden || overWallTime ? [] : pairPanels(pair),
      ({ kind, id }) => `${kind} ${id}`,
      (panel) => this.create(panel),
      (panel) => {
        if (context) panel.update(context);
      },
    );
  }

  private create({ kind, id, tag, info, row }: PairPanel): Panel {
    const pairNow = (): Pair | null => this.pair;
    const run = pairNow()?.first.run ?? "";
    if (kind === "heatmap")
      return new HeatmapPanel(id, "difference", info, run, differenceSource(tag, pairNow));
    const source = kind === "loss" ? bothLosses(pairNow) : bothHistories(tag, row, pairNow);
    return new LinesPanel(id, run, tag, `difference-${kind}`, source);
  }
}

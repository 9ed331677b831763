/** What stands around the panels: sidebar, findings, tables, and the message of an empty page. */
import type { RunSummary } from "./api/types";
import { compare } from "./model/comparison";
import type { Scene } from "./model/scene";
import { ComparisonTable } from "./panels/comparison_table";
import type { Actions } from "./panels/context";
import { DifferenceBar } from "./panels/difference_bar";
import { Findings } from "./panels/findings";
import { MoreQuantities } from "./panels/more_quantities";
import { Sidebar } from "./panels/sidebar";
import { stateMessage, type PageState } from "./panels/states";
import type { Library } from "./state/library";
import type { ViewState } from "./state/view";
import { h, replaceChildren, toggle } from "./ui/dom";

export interface Shown {
  readonly view: ViewState;
  readonly scene: Scene;
  readonly library: Library;
  /** Runs that TensorBoard's filter lets through. */
  readonly listed: readonly RunSummary[];
  readonly state: PageState;
}

export class Around {
  readonly sidebar: Sidebar;
  readonly findings: Findings;
  readonly more: MoreQuantities;
  readonly differenceBar: DifferenceBar;
  readonly table = new ComparisonTable();
  readonly message = h("div", { class: "page-message" });
  private stateKey = "";

  constructor(private readonly actions: Actions) {
    this.sidebar = new Sidebar(actions);
    this.findings = new Findings(actions);
    this.more = new MoreQuantities(actions);
    this.differenceBar = new DifferenceBar(actions);
  }

  update({ view, scene, library, listed, state }: Shown): void {
    if (JSON.stringify(state) !== this.stateKey) {
      this.stateKey = JSON.stringify(state);
      replaceChildren(this.message, stateMessage(state, this.actions));
    }
    toggle(this.findings.element, scene.runs.length > 0);
    this.sidebar.update(listed, view, scene);
    library.wantDescribed();
    const { described, refusal, describedError: error } = library;
    this.sidebar.updateThresholds({ thresholds: view.thresholds, described, refusal, error });
    this.differenceBar.update(scene, view);
    this.more.update(scene.quantities, view);
    this.findings.update(scene, view);
    this.table.update(compare(scene, library));
  }
}

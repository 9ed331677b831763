/**
 * Puts the parts together: view state and fetched data -> scene -> panels. One drawing a frame at
 * most; what is wanted from the server follows from what is shown.
 */
import { makeActions } from "./actions";
import type { Client } from "./api/client";
import type { XMap } from "./charts/xmap";
import { Link } from "./link";
import { ColourScales } from "./model/colour_scales";
import { compare } from "./model/comparison";
import { buildScene, inSight, type Scene } from "./model/scene";
import { sickest } from "./model/verdict";
import type { Actions, Panel, PanelContext, Pointed } from "./panels/context";
import { ComparisonTable } from "./panels/comparison_table";
import { Findings } from "./panels/findings";
import { MoreQuantities } from "./panels/more_quantities";
import { Popover } from "./panels/popover";
import { RunSection } from "./panels/run_section";
import { Sidebar } from "./panels/sidebar";
import { gutterFor, LEAST_PLOT, plotWidth, rowNames } from "./panels/stage_width";
import { stateMessage, type PageState } from "./panels/states";
import { withMarker } from "./panels/tips";
import { Toolbar } from "./panels/toolbar";
import { Tooltip } from "./panels/tooltip";
import { Polling } from "./polling";
import { Host } from "./state/host";
import { Library } from "./state/library";
import { createStore } from "./state/store";
import { INITIAL_VIEW, type ViewState } from "./state/view";
import { pageKey } from "./shortcuts";
import { h, reconcile, replaceChildren, toggle } from "./ui/dom";
import { askForShown } from "./wants";
import { isBeside, zoomOnAxis } from "./zooming";

/** Finer columns are asked for once a zoom has come to rest. */
const ZOOM_REST_MS = 140;

export class App {
  readonly view = createStore<ViewState>(INITIAL_VIEW);
  readonly library: Library;
  private readonly host: Host;
  private readonly link: Link;
  private readonly polling: Polling;
  private readonly scales = new ColourScales();
  private readonly actions: Actions;
  private readonly sidebar: Sidebar;
  private readonly findings: Findings;
  private readonly toolbar: Toolbar;
  private readonly more: MoreQuantities;
  private readonly table = new ComparisonTable();
  private readonly tooltip = new Tooltip();
  private readonly popover = new Popover();
  private readonly speech = h("div", {
    class: "off-screen",
    "aria-live": "polite",
    "data-testid": "speech",
  });
  private readonly message = h("div", { class: "page-message" });
  private readonly runList = h("div", { class: "runs" });
  private readonly main: HTMLElement;
  private readonly root: HTMLElement;
  readonly sections = new Map<string, RunSection>();
  scene: Scene = { runs: [], quantities: [], full: null, domain: [0, 1] };
  map: XMap = { domain: [0, 1], width: LEAST_PLOT };
  private dark = false;
  private frame = 0;
  private zoomTimer: ReturnType<typeof setTimeout> | undefined;
  private stateKey = "";
  private pointed: Pointed | null = null;

  constructor(client: Client) {
    this.library = new Library(client, () => {
      this.schedule();
    });
    this.polling = new Polling(this.library, () => this.main.clientHeight > 0);
    this.host = new Host({
      dataReloaded: () => void this.polling.now(),
      runsChanged: () => void this.polling.now(),
      themeChanged: (dark) => {
        this.setTheme(dark);
      },
      linkChanged: (parameters) => {
        this.link.open(parameters);
      },
    });
    this.link = new Link(this.host, this.view, () => this.main.clientHeight > 0);
    this.actions = makeActions({
      view: this.view,
      library: this.library,
      popover: this.popover,
      speech: this.speech,
      full: () => this.scene.full,
      point: (at) => {
        this.point(at);
      },
    });
    this.sidebar = new Sidebar(this.actions);
    this.findings = new Findings(this.actions);
    this.toolbar = new Toolbar(this.actions);
    this.more = new MoreQuantities(this.actions);
    this.main = h(
      "main",
      {},
      this.toolbar.element,
      this.message,
      this.table.element,
      this.runList,
      this.more.element,
    );
    this.root = h(
      "div",
      { class: "stability", "data-testid": "stability" },
      this.sidebar.element,
      this.main,
      this.findings.element,
      this.tooltip.element,
      this.popover.element,
      this.speech,
    );
  }

  async start(parent: HTMLElement): Promise<void> {
    parent.append(this.root);
    this.setTheme(this.host.isDark());
    new ResizeObserver(() => {
      this.schedule();
      // Shown again after another tab of TensorBoard: its URL has lost our keys meanwhile.
      this.link.writeSoon();
    }).observe(this.main);
    document.addEventListener("keydown", (event) => {
      const { scene, map, pointed, actions } = this;
      pageKey(event, { full: scene.full, map, pointed, actions });
    });
    this.main.addEventListener("scroll", () => {
      this.actions.point(null);
      this.popover.hide("once");
    });
    this.view.subscribe((now, before) => {
      if (now.axis !== before.axis)
        this.view.set({ zoom: zoomOnAxis(now, before.axis, this.scene, this.library) });
      if (now.zoom !== before.zoom) this.zoomMoves();
      this.link.writeSoon();
      this.schedule();
    });
    const refreshed = this.polling.now();
    await this.link.read();
    await refreshed;
    this.schedule();
    setInterval(() => {
      this.tick();
    }, 1000);
  }

  /** Once a second: fetch again when it is time, and keep "12 s ago" true. */
  private tick(): void {
    const training = this.scene.runs.filter(({ summary }) => summary.status === "training");
    this.polling.tick(training.length > 0);
    for (const scene of training) this.sections.get(scene.run)?.updateFacts(scene);
  }

  private setTheme(dark: boolean): void {
    this.dark = dark;
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    this.schedule();
  }

  private schedule(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  /** The runs of the log directory that TensorBoard's run filter lets through. */
  private get listed() {
    const filter = this.host.runFilter();
    const runs = this.library.runs ?? [];
    return filter ? runs.filter(({ run }) => filter.test(run)) : runs;
  }

  /** Without a choice the page opens with the sickest run. */
  private chooseFirst(): void {
    if (this.view.get().runs !== null || !this.link.wasRead || !this.listed.length) return;
    this.view.set({ runs: [sickest(this.listed).run] });
  }

  private zoomMoves(): void {
    clearTimeout(this.zoomTimer);
    this.zoomTimer = setTimeout(() => {
      this.zoomTimer = undefined;
      this.schedule();
    }, ZOOM_REST_MS);
  }

  private get pageState(): PageState {
    const { runs, runsError } = this.library;
    if (!runs) return runsError ? { kind: "failed", message: runsError } : { kind: "loading" };
    if (!runs.length) return { kind: "no runs" };
    return this.scene.runs.length ? { kind: "ready" } : { kind: "none chosen" };
  }

  private draw(): void {
    this.chooseFirst();
    const view = this.view.get();
    this.library.judge(view.thresholds, view.runs ?? []);
    this.scene = buildScene(view, this.library);
    const gutter = gutterFor(rowNames(this.scene), this.main.clientWidth);
    this.root.style.setProperty("--gutter-left", `${gutter}px`);
    this.map = { domain: this.scene.domain, width: plotWidth(this.root, this.main) };
    if (this.main.clientWidth > 0 && this.zoomTimer === undefined)
      askForShown(this.scene, this.library, view, this.map.width);
    if (!this.library.busy && isBeside(view.zoom, this.scene.full)) this.view.set({ zoom: null });
    const state = this.pageState;
    if (JSON.stringify(state) !== this.stateKey) {
      this.stateKey = JSON.stringify(state);
      replaceChildren(this.message, stateMessage(state, this.actions));
    }
    this.root.dataset["state"] = state.kind.replace(" ", "-");
    toggle(this.findings.element, this.scene.runs.length > 0);
    const lost = this.library.runs && this.library.runsError;
    this.toolbar.update(view.zoom, view.axis, lost ? `${lost} Trying again.` : null);
    this.sidebar.update(this.listed, view, this.scene.quantities);
    this.library.wantDescribed();
    const { described, refusal, describedError: error } = this.library;
    this.sidebar.updateThresholds({ thresholds: view.thresholds, described, refusal, error });
    reconcile(
      this.runList,
      this.sections,
      this.scene.runs,
      ({ run }) => run,
      () => new RunSection(),
      (section, scene) => {
        section.update(scene, this.contextOf(scene));
      },
    );
    this.more.update(this.scene.quantities, view);
    this.findings.update(this.scene, view);
    this.table.update(compare(this.scene, this.library));
    this.point(this.pointed);
  }

  private contextOf(scene: Scene["runs"][number]): PanelContext {
    const view = this.view.get();
    const { library } = this;
    return {
      view,
      map: this.map,
      full: this.scene.full,
      scene,
      dark: this.dark,
      ratio: window.devicePixelRatio || 1,
      actions: this.actions,
      entry: (tag) => library.series(scene.run, tag),
      values: (tag) => inSight(library.series(scene.run, tag), view.axis, this.map.domain),
      scale: (quantity) => this.scales.get(quantity, this.scene, library, view),
    };
  }

  *panels(): Iterable<readonly [string, Panel]> {
    for (const section of this.sections.values())
      for (const panel of section.panels.values())
        yield [panel.element.dataset["tag"] ?? "", panel];
  }

  private point(at: Pointed | null): void {
    this.pointed = at;
    let tip = null;
    for (const [, panel] of this.panels()) {
      panel.point(at);
      if (at && "id" in panel && panel.id === at.panel) tip = panel.tip(at);
    }
    this.tooltip.show(tip && at?.marker ? withMarker(tip, at.marker) : tip, at);
  }
}

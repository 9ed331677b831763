/**
 * Puts the parts together: view state and fetched data -> scene -> panels. One drawing a frame at
 * most; what is wanted from the server follows from what is shown.
 */
import { makeActions } from "./actions";
import { Around } from "./around";
import type { Client } from "./api/client";
import type { XMap } from "./charts/xmap";
import { Link } from "./link";
import { Contexts } from "./contexts";
import { pairOf } from "./model/pair";
import { buildScene, type Scene } from "./model/scene";
import { Opening } from "./opening";
import type { Actions, Panel, Pointed } from "./panels/context";
import { DifferenceSection } from "./panels/difference_section";
import { Popover } from "./panels/popover";
import { RunSection } from "./panels/run_section";
import { LEAST_PLOT, StageWidth } from "./panels/stage_width";
import type { PageState } from "./panels/states";
import { withMarker } from "./panels/tips";
import { Toolbar } from "./panels/toolbar";
import { Tooltip } from "./panels/tooltip";
import { Polling } from "./polling";
import type { HostEvents, Surroundings } from "./state/host";
import { Library } from "./state/library";
import { createStore, equal } from "./state/store";
import { INITIAL_VIEW, type ViewState } from "./state/view";
import { pageKey } from "./shortcuts";
import { h, reconcile } from "./ui/dom";
import { askForShown } from "./wants";
import { isBeside, zoomOnAxis } from "./zooming";

/** Finer columns are asked for once a zoom has come to rest. */
const ZOOM_REST_MS = 140;

/** From then on the page says that reading takes long. */
const SLOW_AFTER_MS = 4000;

export class App {
  readonly view = createStore<ViewState>(INITIAL_VIEW);
  readonly library: Library;
  private readonly host: Surroundings;
  private readonly link: Link;
  private readonly opening: Opening;
  private readonly polling: Polling;
  private readonly actions: Actions;
  private readonly around: Around;
  private readonly toolbar: Toolbar;
  readonly difference = new DifferenceSection();
  private readonly tooltip = new Tooltip();
  private readonly popover = new Popover();
  private readonly speech = h("div", {
    class: "off-screen",
    "aria-live": "polite",
    "data-testid": "speech",
  });
  private readonly runList = h("div", { class: "runs" });
  private readonly main: HTMLElement;
  private readonly root: HTMLElement;
  readonly sections = new Map<string, RunSection>();
  scene: Scene = { runs: [], quantities: [], models: new Map(), full: null, domain: [0, 1] };
  map: XMap = { domain: [0, 1], width: LEAST_PLOT };
  private dark = false;
  private frame = 0;
  private zoomTimer: ReturnType<typeof setTimeout> | undefined;
  private slow = false;
  /** Counts what changes besides the view. */
  private version = 0;
  private drawn: unknown = null;
  private readonly contexts: Contexts;
  private readonly width: StageWidth;
  private pointed: Pointed | null = null;

  constructor(client: Client, surround: (events: HostEvents) => Surroundings) {
    this.library = new Library(client, () => {
      this.version++;
      this.schedule();
    });
    this.opening = new Opening(this.view, this.library);
    this.polling = new Polling(this.library, () => this.main.clientHeight > 0);
    this.host = surround({
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
    this.contexts = new Contexts(this.library, this.actions);
    const around = (this.around = new Around(this.actions));
    this.toolbar = new Toolbar(this.actions);
    this.main = h(
      "main",
      {},
      h("h1", { class: "off-screen" }, "Stability"),
      this.toolbar.element,
      around.message,
      around.table.element,
      around.differenceBar.element,
      this.difference.element,
      this.runList,
      around.more.element,
    );
    this.root = h(
      "div",
      { class: "stability", "data-testid": "stability" },
      around.sidebar.element,
      this.main,
      around.findings.element,
      this.tooltip.element,
      this.popover.element,
      this.speech,
    );
    this.width = new StageWidth(this.root, this.main);
  }

  private get isShown(): boolean {
    return this.main.clientWidth > 0;
  }

  async start(parent: HTMLElement): Promise<void> {
    parent.append(this.root);
    this.setTheme(this.host.isDark());
    new ResizeObserver(() => {
      this.resized();
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
    // Paper is white, whatever the screen is; it is printed as soon as this has run.
    window.matchMedia("print").addEventListener("change", ({ matches }) => {
      this.setTheme(!matches && this.host.isDark());
      this.draw();
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
    if (!this.library.runs && !this.slow && performance.now() > SLOW_AFTER_MS) {
      this.slow = true;
      this.version++;
      this.schedule();
    }
    const training = this.scene.runs.filter(({ summary }) => summary.status === "training");
    this.polling.tick(training.length > 0);
    for (const scene of training) this.sections.get(scene.run)?.updateFacts(scene);
  }

  private resized(): void {
    this.version++;
    this.width.changed();
    this.schedule();
  }

  private setTheme(dark: boolean): void {
    this.dark = dark;
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    this.resized();
  }

  /** Something is under way, or has arrived and is not drawn yet. */
  get busy(): boolean {
    return this.library.busy || this.frame !== 0 || this.zoomTimer !== undefined;
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

  private zoomMoves(): void {
    clearTimeout(this.zoomTimer);
    this.zoomTimer = setTimeout(() => {
      this.zoomTimer = undefined;
      this.schedule();
    }, ZOOM_REST_MS);
  }

  private get pageState(): PageState {
    const { runs, runsError } = this.library;
    if (!runs)
      return runsError
        ? { kind: "failed", message: runsError }
        : { kind: "loading", slow: this.slow };
    if (!runs.length) return { kind: "no runs" };
    if (this.opening.isUnderWay(this.listed))
      return {
        kind: "judging",
        done: runs.length - this.library.unjudged,
        total: runs.length,
      };
    return this.scene.runs.length ? { kind: "ready" } : { kind: "none chosen" };
  }

  private draw(): void {
    if (this.link.wasRead) this.opening.choose(this.listed);
    const view = this.view.get();
    const { library } = this;
    library.judge(view.thresholds, view.runs ?? []);
    this.scene = buildScene(view, library);
    this.map = { domain: this.scene.domain, width: this.width.measure(this.scene) };
    if (this.isShown && this.zoomTimer === undefined)
      askForShown(this.scene, library, view, this.map.width);
    if (!library.busy && isBeside(view.zoom, this.scene.full)) this.view.set({ zoom: null });
    if (!this.zoomedOnly(view)) {
      const state = this.pageState;
      this.root.dataset["state"] = state.kind.replace(" ", "-");
      this.around.update({ view, scene: this.scene, library, listed: this.listed, state });
    }
    this.toolbar.update(view, library.progress, library.runs && library.runsError);
    this.drawPanels(view);
    this.point(this.pointed);
  }

  /** Since the last drawing nothing is other than the zoom. */
  private zoomedOnly(view: ViewState): boolean {
    const now = { view: { ...view, zoom: null }, version: this.version };
    const same = equal(now, this.drawn);
    this.drawn = now;
    return same;
  }

  private drawPanels(view: ViewState): void {
    const { scene, map, dark, contexts } = this;
    const pair = pairOf(scene, view);
    const drawing = { view, scene, pair, map, dark };
    this.difference.update(pair, pair && contexts.ofPair(pair, drawing));
    reconcile(
      this.runList,
      this.sections,
      scene.runs,
      ({ run }) => run,
      () => new RunSection(),
      (section, run) => {
        section.update(run, contexts.of(run, drawing));
      },
    );
  }

  *panels(): Iterable<readonly [string, Panel]> {
    for (const { panels } of [this.difference, ...this.sections.values()])
      for (const panel of panels.values()) yield [panel.element.dataset["tag"] ?? "", panel];
  }

  private point(at: Pointed | null): void {
    this.pointed = at;
    let tip = null;
    for (const [, panel] of this.panels()) {
      panel.point(at);
      if (at && "id" in panel && panel.id === at.panel) tip = panel.tip(at);
    }
    this.tooltip.show(tip && at?.marker ? withMarker(tip, at.marker, at.beside) : tip, at);
  }
}

/**
 * Puts the parts together: view state and fetched data -> scene -> panels. One drawing a frame at
 * most; what is wanted from the server follows from what is shown.
 */
import type { Client } from "./api/client";
import { clampZoom, type XMap } from "./charts/xmap";
import { compare } from "./model/comparison";
import { convert, type AxisMode } from "./model/columns";
import {
  buildScene,
  ColourScales,
  inSight,
  stepsInSight,
  tagsOf,
  type Marker,
  type Scene,
} from "./model/scene";
import { moodOf, type Mood } from "./model/verdict";
import type { Actions, Panel, PanelContext, Pointed, Tip } from "./panels/context";
import { ComparisonTable } from "./panels/comparison_table";
import { Findings } from "./panels/findings";
import { onsetPlace, onsetTitle } from "./panels/onset_card";
import { Popover } from "./panels/popover";
import { RunSection } from "./panels/run_section";
import { Sidebar } from "./panels/sidebar";
import { stateMessage, type PageState } from "./panels/states";
import { Toolbar } from "./panels/toolbar";
import { Tooltip } from "./panels/tooltip";
import { Host } from "./state/host";
import { Library } from "./state/library";
import { createStore, equal } from "./state/store";
import { fromParameters, toParameters, type Parameters } from "./state/url";
import { INITIAL_VIEW, sameOnset, type ViewState } from "./state/view";
import { h, reconcile, replaceChildren, setText, toggle } from "./ui/dom";

const POLL_TRAINING_MS = 5000;
const POLL_IDLE_MS = 30000;
const WRITE_LINK_MS = 120;
/** Finer columns are asked for once a zoom has come to rest. */
const ZOOM_REST_MS = 140;
const LEAST_PLOT = 160;

function withMarker(tip: Tip, { onset }: Marker): Tip {
  const remark = `▼ ${onsetTitle(onset)}, ${onsetPlace(onset)}. Click for evidence and remedies.`;
  return { ...tip, remarks: [...tip.remarks, remark] };
}

const exact = (value: number): number => Number(value.toPrecision(14));

const MOODS: readonly Mood[] = ["critical", "warning", "info", "ok", "none"];

export class App {
  readonly view = createStore<ViewState>(INITIAL_VIEW);
  readonly library: Library;
  private readonly host: Host;
  private readonly scales = new ColourScales();
  private readonly actions: Actions;
  private readonly sidebar: Sidebar;
  private readonly findings: Findings;
  private readonly toolbar: Toolbar;
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
  private linkTimer: ReturnType<typeof setTimeout> | undefined;
  private zoomTimer: ReturnType<typeof setTimeout> | undefined;
  private lastPoll = 0;
  private stateKey = "";
  private linkRead = false;
  private pointed: Pointed | null = null;

  constructor(client: Client) {
    this.library = new Library(client, () => {
      this.schedule();
    });
    this.host = new Host({
      dataReloaded: () => void this.poll(),
      runsChanged: () => void this.poll(),
      themeChanged: (dark) => {
        this.setTheme(dark);
      },
      linkChanged: (parameters) => {
        this.openLink(parameters);
      },
    });
    this.actions = this.makeActions();
    this.sidebar = new Sidebar(this.actions);
    this.findings = new Findings(this.actions);
    this.toolbar = new Toolbar(this.actions);
    this.main = h("main", {}, this.toolbar.element, this.message, this.table.element, this.runList);
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
      this.writeLinkSoon();
    }).observe(this.main);
    document.addEventListener("keydown", (event) => {
      this.key(event);
    });
    this.main.addEventListener("scroll", () => {
      this.actions.point(null);
      this.popover.hide("once");
    });
    this.view.subscribe((now, before) => {
      if (now.axis !== before.axis) this.keepZoom(before.axis);
      if (now.zoom !== before.zoom) this.zoomMoves();
      this.writeLinkSoon();
      this.schedule();
    });
    const refreshed = this.poll();
    this.openLink(await this.host.link());
    this.linkRead = true;
    await refreshed;
    this.schedule();
    setInterval(() => {
      this.tick();
    }, 1000);
  }

  private openLink(parameters: Parameters): void {
    const link = fromParameters(parameters);
    // A link that names no runs leaves the choice as it is.
    this.view.set({ ...link, runs: link.runs ?? this.view.get().runs });
    // Subscribers converted the zoom of the old axis; the link's own is already in its units.
    this.view.set({ zoom: link.zoom });
  }

  private makeActions(): Actions {
    return {
      point: (at) => {
        this.point(at);
      },
      zoom: (range) => {
        const { full } = this.scene;
        const zoom = range && full ? clampZoom(range, full) : null;
        // As exact as the URL says it, so that a link opens the very same view.
        this.view.set({ zoom: zoom && [exact(zoom[0]), exact(zoom[1])] });
      },
      chooseRow: (row) => {
        this.view.set({ row: equal(row, this.view.get().row) ? null : row });
      },
      chooseOnset: (onset) => {
        // The list of findings shows it from now on; the card would only cover the charts.
        this.popover.hide("once");
        const again = sameOnset(this.view.get().onset, onset);
        this.view.set({ onset: again ? null : onset });
      },
      previewOnset: (marker, near) => {
        if (marker && near) this.popover.show(marker, near);
        else this.popover.hide();
      },
      setView: (patch) => {
        this.view.set(patch);
      },
      say: (text) => {
        setText(this.speech, text);
      },
      retry: () => {
        this.library.retry();
        this.schedule();
      },
    };
  }

  private poll(): Promise<void> {
    this.lastPoll = performance.now();
    return this.library.refresh();
  }

  /** Once a second: fetch again when it is time, and keep "12 s ago" true. */
  private tick(): void {
    const { runs } = this.library;
    const training = this.scene.runs.some(({ summary }) => summary.status === "training");
    const wait = training || !runs?.length ? POLL_TRAINING_MS : POLL_IDLE_MS;
    const seen = !document.hidden && this.main.clientHeight > 0;
    if (seen && performance.now() - this.lastPoll >= wait) void this.poll();
    for (const scene of this.scene.runs)
      if (scene.summary.status === "training") this.sections.get(scene.run)?.updateFacts(scene);
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

  private writeLinkSoon(): void {
    clearTimeout(this.linkTimer);
    this.linkTimer = setTimeout(() => {
      if (this.linkRead && this.main.clientHeight > 0)
        this.host.writeLink(toParameters(this.view.get()));
    }, WRITE_LINK_MS);
  }

  /** The runs of the log directory that TensorBoard's run filter lets through. */
  private get listed() {
    const filter = this.host.runFilter();
    const runs = this.library.runs ?? [];
    return filter ? runs.filter(({ run }) => filter.test(run)) : runs;
  }

  /** Without a choice the page opens with the sickest run. */
  private chooseFirst(): void {
    if (this.view.get().runs !== null || !this.linkRead || !this.listed.length) return;
    const rank = (item: (typeof this.listed)[number]) => MOODS.indexOf(moodOf(item));
    const sickest = this.listed.reduce((best, item) => (rank(item) < rank(best) ? item : best));
    this.view.set({ runs: [sickest.run] });
  }

  private zoomMoves(): void {
    clearTimeout(this.zoomTimer);
    this.zoomTimer = setTimeout(() => {
      this.zoomTimer = undefined;
      this.schedule();
    }, ZOOM_REST_MS);
  }

  /** On a change of axis the same part of the run stays in sight. */
  private keepZoom(before: AxisMode): void {
    const { zoom, axis } = this.view.get();
    const x = this.scene.runs
      .flatMap(({ run }) => [...this.library.entry(run).series.values()])
      .map(({ full }) => full)
      .reduce((best, full) => ((full?.windows ?? 0) > (best?.windows ?? 0) ? full : best), null);
    if (!zoom) return;
    const [a, b] = x ? zoom.map((value) => convert(x.x, value, before, axis)) : [];
    this.view.set({
      zoom: a !== undefined && b !== undefined && a < b ? [exact(a), exact(b)] : null,
    });
  }

  private get pageState(): PageState {
    const { runs, runsError } = this.library;
    if (!runs) return runsError ? { kind: "failed", message: runsError } : { kind: "loading" };
    if (!runs.length) return { kind: "no runs" };
    return this.scene.runs.length ? { kind: "ready" } : { kind: "none chosen" };
  }

  /** A zoom into what the chosen runs do not have would show nothing. */
  private leaveEmptyZoom(): void {
    const { zoom } = this.view.get();
    const { full } = this.scene;
    if (!zoom || !full || this.library.busy) return;
    if (zoom[0] >= full[1] || zoom[1] <= full[0]) this.view.set({ zoom: null });
  }

  private draw(): void {
    this.chooseFirst();
    const view = this.view.get();
    this.scene = buildScene(view, this.library);
    this.map = { domain: this.scene.domain, width: this.plotWidth() };
    this.want(view);
    this.leaveEmptyZoom();
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
    this.findings.update(this.scene, view);
    this.table.update(compare(this.scene, this.library));
    this.point(this.pointed);
  }

  private plotWidth(): number {
    const style = getComputedStyle(this.root);
    const gutters =
      parseFloat(style.getPropertyValue("--gutter-left")) +
      parseFloat(style.getPropertyValue("--gutter-right"));
    const padding = getComputedStyle(this.main);
    const inner =
      this.main.clientWidth - parseFloat(padding.paddingLeft) - parseFloat(padding.paddingRight);
    return Math.max(LEAST_PLOT, Math.floor(inner - (gutters || 0)));
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

  /** Ask for what is shown: as many columns as there are pixels, finer where zoomed in. */
  private want(view: ViewState): void {
    if (this.main.clientWidth === 0 || this.zoomTimer !== undefined) return;
    const columns = Math.round(this.map.width * Math.min(2, window.devicePixelRatio || 1));
    for (const scene of this.scene.runs) {
      this.library.wantRun(scene.run);
      if (!scene.detail) continue;
      const tags = new Set(scene.panels.flatMap((panel) => tagsOf(panel, scene.detail!)));
      for (const tag of tags) {
        const full = this.library.series(scene.run, tag)?.full;
        const range = view.zoom && full ? stepsInSight(full, view.axis, view.zoom) : null;
        this.library.wantSeries({ run: scene.run, tag, columns, range });
      }
    }
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

  private key(event: KeyboardEvent): void {
    const target = event.target as HTMLElement | null;
    if (target?.closest("input, textarea, select") && event.key !== "Escape") return;
    if (event.key === "Escape") {
      this.popover.hide("once");
      const { onset, zoom } = this.view.get();
      this.point(null);
      if (onset) this.view.set({ onset: null });
      else if (zoom) this.view.set({ zoom: null });
    } else if ((event.key === "+" || event.key === "-" || event.key === "=") && !event.ctrlKey) {
      const { full } = this.scene;
      const [a, b] = this.map.domain;
      const centre = this.pointed?.x ?? (a + b) / 2;
      const factor = event.key === "-" ? 1.6 : 1 / 1.6;
      if (full) this.actions.zoom([centre - (centre - a) * factor, centre + (b - centre) * factor]);
    } else if (event.key === "0" && !event.ctrlKey) this.actions.zoom(null);
    else return;
    if (event.key !== "Escape") event.preventDefault();
  }
}

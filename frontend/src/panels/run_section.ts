/** One run: verdict line, notes, marker labels, and its panels under each other. */
import type { PanelSpec, RunScene } from "../model/scene";
import { badge, kindName, moodOf, statusText } from "../model/verdict";
import { h, reconcile, setText, toggle } from "../ui/dom";
import { formatNumber } from "../ui/format";
import { AbsentPanel } from "./absent_panel";
import type { Panel, PanelContext } from "./context";
import { HeatmapPanel } from "./heatmap_panel";
import { seriesSource } from "./heatmap_source";
import { logsSource, lossSource, rowSource, rowsSource } from "./line_sources";
import { LinesPanel } from "./lines_panel";
import { MarkerStrip } from "./marker_strip";
import { PanelFrame } from "./panel_frame";

function create(spec: PanelSpec, run: string): Panel {
  switch (spec.kind) {
    case "loss":
      return new LinesPanel(spec.id, run, spec.tag, "loss", lossSource);
    case "logs":
      return new LinesPanel(spec.id, run, spec.tag, "logs", logsSource(spec.family));
    case "lines":
      return new LinesPanel(spec.id, run, spec.tag, "lines", rowsSource(spec.tag));
    case "row":
      return new LinesPanel(spec.id, run, spec.tag, "row", rowSource(spec.tag, spec.row));
    case "heatmap":
      return new HeatmapPanel(
        spec.id,
        "heatmap",
        spec.info,
        run,
        seriesSource(spec.tag, spec.info),
      );
    case "absent":
      return new AbsentPanel(run, spec.tag, spec.title);
  }
}

/** A row panel is another panel when another row is chosen. */
const keyOf = (spec: PanelSpec): string =>
  spec.kind === "row" ? spec.id + spec.row : `${spec.kind} ${spec.id}`;

/** What happened, in the order in which it did; causes by name, the rest by its kind. */
export function story({ markers, summary }: RunScene): string {
  const told = markers.slice(0, 4).map(({ onset }, i) => {
    const where = onset.row === null ? "" : ` in ${onset.row}`;
    const since =
      i === 0 ? `from step ${onset.step} (epoch ${onset.epoch})` : `epoch ${onset.epoch}`;
    return `${kindName(onset)}${where} ${since}`;
  });
  if (markers.length > 4) told.push(`${markers.length - 4} more`);
  if (told.length) return told.join(" · then ");
  if (summary.severity || summary.judgement === "pending") return "";
  return summary.steps > 0 ? "nothing found" : "";
}

export class RunSection {
  private readonly badge = h("span", { class: "badge" });
  private readonly name = h("h2");
  private readonly story = h("p", { class: "story" });
  private readonly judged = h("p", {
    class: "judged-by",
    "data-testid": "judged-by",
    hidden: true,
  });
  private readonly facts = h("p", { class: "facts" });
  private readonly notes = h("ul", { class: "notes", "data-testid": "notes" });
  private readonly strip = new MarkerStrip();
  private readonly list = h("div", { class: "panels" });
  private readonly frame = new PanelFrame("run-error", "", "");
  readonly panels = new Map<string, Panel>();
  readonly element = h(
    "section",
    { class: "run", "data-testid": "run" },
    h(
      "header",
      { class: "run-head", "data-testid": "verdict" },
      h("div", { class: "run-title" }, this.badge, this.name, this.facts),
      this.story,
      this.judged,
    ),
    this.notes,
    this.frame.element,
    this.strip.element,
    this.list,
  );

  constructor() {
    // It stands in for panels, and is none.
    this.frame.element.removeAttribute("data-testid");
  }

  update(scene: RunScene, context: PanelContext): void {
    const { summary, detail, error } = scene;
    this.element.dataset["run"] = scene.run;
    this.badge.dataset["mood"] = moodOf(summary);
    setText(this.badge, badge(summary));
    setText(this.name, scene.run);
    setText(this.story, story(scene));
    toggle(this.judged, scene.judgedBy !== null);
    setText(this.judged, scene.judgedBy ?? "");
    this.updateFacts(scene);
    const notes = detail?.notes ?? summary.notes;
    toggle(this.notes, notes.length > 0);
    this.notes.replaceChildren(...notes.map((note) => h("li", {}, note)));
    toggle(this.frame.element, error !== null || this.isBare(scene));
    this.frame.showMessage(error, detail !== null, context.actions);
    setText(
      this.frame.note,
      this.isBare(scene) ? "This run holds no series that can be drawn." : "",
    );
    this.element.classList.toggle("loading", detail === null && error === null);
    this.strip.update(context);
    reconcile(
      this.list,
      this.panels,
      scene.panels,
      keyOf,
      (spec) => create(spec, scene.run),
      (panel) => {
        panel.update(context);
      },
    );
  }

  private isBare({ detail }: RunScene): boolean {
    return detail !== null && !detail.series.some(({ view }) => view !== "hidden");
  }

  /** Also called once a second while a run trains, for "12 s ago". */
  updateFacts({ summary }: RunScene): void {
    const facts = [
      summary.steps > 0 && `${summary.epochs} epochs, ${summary.steps} steps`,
      summary.learningRate !== null && `learning rate ${formatNumber(summary.learningRate, 3)}`,
      statusText(summary, Date.now() / 1000),
    ];
    setText(this.facts, facts.filter(Boolean).join(" · "));
    this.facts.classList.toggle("training", summary.status === "training");
  }
}

/** A panel of lines. What they are comes from a source (line_sources.ts). */
import { paintLines, yPixel } from "../charts/lines";
import { makeScale, ticks, type Scale } from "../charts/scale";
import { savedRange } from "../model/sight";
import { suitsLog, yRange } from "../model/traces";
import { h, setText, toggle } from "../ui/dom";
import { formatTicks } from "../ui/format";
import type { Panel, PanelContext, Pointed, Tip } from "./context";
import type { LineSource, LinesModel } from "./line_sources";
import { LineCursor } from "./line_cursor";
import { LineLegend } from "./line_legend";
import { PanelFrame } from "./panel_frame";
import { saveMenu, type Saved } from "./save_menu";
import { ValueTable } from "./value_table";
import { gutterLabels, Stage } from "./stage";

const MARGIN = 0.06;
const HALF_TICK = 5;

/** A scale with a little room above and below. */
function padded(kind: "linear" | "log", [low, high]: readonly [number, number]): Scale {
  const scale = makeScale(kind, low, high === low ? low + (Math.abs(low) || 1) : high);
  const flat = low === high ? 0.5 : MARGIN;
  return makeScale(kind, scale.at(-flat), scale.at(1 + (low === high ? 0 : flat)));
}

export class LinesPanel implements Panel {
  private readonly frame: PanelFrame;
  private readonly stage: Stage;
  private readonly legend = new LineLegend();
  private readonly yLabels = h("div", { class: "y-labels", "aria-hidden": "true" });
  private readonly rightLabels = h("div", { class: "y-labels right", "aria-hidden": "true" });
  private readonly rightTitle = h("div", { class: "axis-title", "aria-hidden": "true" });
  private readonly scaleButton: HTMLButtonElement;
  private readonly values = new ValueTable();
  private context: PanelContext | null = null;
  private model: LinesModel | null = null;
  /** null: as suits the values. */
  private chosenScale: "linear" | "log" | null = null;

  constructor(
    readonly id: string,
    run: string,
    tag: string,
    kind: string,
    private readonly source: LineSource,
  ) {
    this.frame = new PanelFrame(kind, run, tag);
    this.stage = new Stage(id, { rowAt: () => null, click: () => undefined });
    this.stage.left.append(this.yLabels);
    this.stage.right.append(this.rightLabels, this.rightTitle);
    this.scaleButton = h("button", {
      type: "button",
      class: "quiet",
      title: "Change the vertical axis",
      on: {
        click: () => {
          this.chosenScale = this.scaleKind() === "log" ? "linear" : "log";
          if (this.context) this.update(this.context);
        },
      },
    });
    const save = saveMenu(
      () => this.element,
      () => this.saved(run),
    );
    this.frame.tools.append(this.legend.element, this.scaleButton, save);
    this.frame.body.append(this.stage.element);
    if (kind === "row") this.frame.element.append(this.values.element);
    new LineCursor(this.stage.area, () => ({
      id,
      context: this.context,
      series: this.model?.series ?? [],
      tip: (x) => this.model?.tip(x) ?? null,
    }));
  }

  get element(): HTMLElement {
    return this.frame.element;
  }

  update(context: PanelContext): void {
    this.context = context;
    const model = this.source(context);
    this.model = model;
    setText(this.frame.title, model.title);
    setText(this.frame.subtitle, model.subtitle);
    this.frame.subtitle.title = model.subtitle;
    const drawn = model.traces.length > 0;
    this.frame.showMessage(model.error, drawn, context.actions);
    toggle(this.stage.element, drawn || model.marks.length > 0);
    toggle(this.scaleButton, drawn);
    this.frame.showLoading(!drawn && model.loading);
    if (!drawn && !model.marks.length) return;
    this.stage.update(context, model.height);
    this.stage.area.setAttribute(
      "aria-label",
      `${model.description} Left and right arrows move from window to window, plus and minus zoom.`,
    );
    setText(this.scaleButton, `${this.scaleKind()} axis`);
    this.paint(context, model);
    this.legend.update(model.traces);
    const series = model.series[0] ?? null;
    this.values.update(series, model.row ?? -1, savedRange(series, context.view));
  }

  private scaleKind(): "linear" | "log" {
    const { model } = this;
    const lines = model?.traces.filter(({ axis }) => axis === "left") ?? [];
    return this.chosenScale ?? model?.scale ?? (suitsLog(lines) ? "log" : "linear");
  }

  private paint(context: PanelContext, model: LinesModel): void {
    const [a, b] = context.map.domain;
    const kind = this.scaleKind();
    const on = (axis: "left" | "right") => model.traces.filter((trace) => trace.axis === axis);
    const left = padded(
      kind,
      yRange(on("left"), a, b, kind === "log") ?? [kind === "log" ? 0.1 : 0, 1],
    );
    const rightRange = yRange(on("right"), a, b, false);
    const right = rightRange && padded("linear", rightRange);
    const inside = (scale: Scale) => (value: number) => {
      const share = scale.share(value);
      // A label at the very edge would stand in the panel's head.
      return share >= 0 && share * model.height <= model.height - HALF_TICK;
    };
    const at = ticks(left, Math.max(3, Math.floor(model.height / 34))).filter(inside(left));
    paintLines(this.stage.canvas, {
      traces: model.traces,
      marks: model.marks,
      map: context.map,
      left,
      right,
      height: model.height,
      ratio: context.ratio,
      gridColour: model.gridColour,
      gridAt: at,
      band: model.band,
    });
    this.stage.canvas.style.height = `${model.height}px`;
    const inSight = model.marks.filter(({ from, to }) => to > a && from < b);
    this.frame.key.update(new Set(inSight.map(({ filling }) => filling)));
    const labels = (scale: Scale, values: readonly number[]) => {
      const texts = formatTicks(values);
      return values.map((value, i) => ({ y: yPixel(scale, model.height, value), text: texts[i]! }));
    };
    gutterLabels(this.yLabels, labels(left, at), "y-tick");
    const rightAt = right ? ticks(right, 3).filter(inside(right)) : [];
    gutterLabels(this.rightLabels, right ? labels(right, rightAt) : [], "y-tick");
    setText(this.rightTitle, right ? (model.rightTitle ?? "") : "");
    this.stage.right.style.color = on("right")[0]?.colour ?? "";
  }

  private saved(run: string): Saved | null {
    const { model, context } = this;
    if (!model || !context) return null;
    const series = [...new Set(model.series)];
    return { run, name: model.title, series, range: savedRange(series[0] ?? null, context.view) };
  }

  point(at: Pointed | null): void {
    this.stage.point(at?.x ?? null);
  }

  tip(at: Pointed): Tip | null {
    return this.model?.tip(at.x) ?? null;
  }

  plotLeft(): number {
    return this.stage.pageLeft();
  }
}

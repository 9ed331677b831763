/** A heatmap: rows from the top, colour bar at the right. What it shows comes from a source. */
import type { SeriesInfo } from "../api/types";
import { paintHeatmap, SEPARATED_FROM, type PaintedRow } from "../charts/heatmap";
import { h, setText, toggle } from "../ui/dom";
import type { PaintedCell, Panel, PanelContext, Pointed, Tip } from "./context";
import { HeatmapCursor } from "./heatmap_cursor";
import { boxOf, columnOf, paintedCell, placesOf, type Grid } from "./heatmap_grid";
import type { HeatmapModel, HeatmapSource } from "./heatmap_source";
import { Legend } from "./legend";
import { PanelFrame } from "./panel_frame";
import { RowLabels } from "./row_labels";
import { RowScroller, rowHeightFor, MOST_HEIGHT } from "./row_scroller";
import { saveMenu } from "./save_menu";
import { Stage } from "./stage";

export class HeatmapPanel implements Panel {
  private readonly frame: PanelFrame;
  private readonly stage: Stage;
  private readonly labels: RowLabels;
  private readonly legend = new Legend();
  private readonly outline = h("div", { class: "cell-outline", hidden: true });
  private readonly scroller: RowScroller;
  private context: PanelContext | null = null;
  private model: HeatmapModel | null = null;
  private rows: readonly PaintedRow[] = [];
  private pointed: Pointed | null = null;
  private rowHeight = 20;
  private height = 0;

  constructor(
    readonly id: string,
    kind: "heatmap" | "difference",
    info: Pick<SeriesInfo, "tag">,
    run: string,
    private readonly source: HeatmapSource,
  ) {
    this.frame = new PanelFrame(kind, run, info.tag);
    this.stage = new Stage(id, {
      rowAt: (y) => this.rowAt(y),
      click: (at) => {
        this.open(at.row);
      },
    });
    this.frame.tools.append(
      saveMenu(
        () => this.element,
        () => (this.model?.saved ? { run, ...this.model.saved } : null),
      ),
    );
    this.labels = new RowLabels((place) => {
      this.open(place);
    });
    this.scroller = new RowScroller(this.stage.element, () => {
      this.paint();
      if (!this.stage.repoint()) this.point(this.pointed);
    });
    this.stage.left.append(this.labels.element);
    this.stage.right.append(this.legend.element);
    this.stage.area.append(this.outline);
    this.frame.body.append(this.stage.element);
    new HeatmapCursor(this.stage.area, {
      id,
      grid: () => this.grid,
      reveal: (place) => {
        this.scroller.reveal(place, this.rowHeight);
      },
      open: (place) => {
        this.open(place);
      },
    });
  }

  get element(): HTMLElement {
    return this.frame.element;
  }

  private get grid(): Grid | null {
    const { context, model, rows, rowHeight } = this;
    if (!context || !model?.values) return null;
    return { context, model, values: model.values, rows, rowHeight, top: this.scroller.top };
  }

  private rowAt(y: number): number | null {
    const place = Math.floor((y + this.scroller.top) / this.rowHeight);
    return place >= 0 && place < this.rows.length ? place : null;
  }

  private open(place: number | null): void {
    const item = place === null ? undefined : this.model?.listed[place];
    if (item) this.model?.open(item);
  }

  update(context: PanelContext): void {
    this.context = context;
    const model = this.source(context);
    this.model = model;
    this.rows = model.values ? model.listed.map((item) => model.painted(item)) : [];
    this.rowHeight = rowHeightFor(model.listed.length);
    this.height = Math.min(MOST_HEIGHT, Math.round(model.listed.length * this.rowHeight));
    this.stage.update(context, this.height);
    this.stage.canvas.style.height = `${this.height}px`;
    this.scroller.update(this.height, model.listed.length * this.rowHeight);
    this.describe(model, context);
    this.paint();
  }

  private describe(model: HeatmapModel, { actions }: PanelContext): void {
    const { frame } = this;
    const { title, values, listed, rowCount } = model;
    setText(frame.title, title);
    frame.title.title = title;
    setText(frame.subtitle, model.subtitle);
    frame.subtitle.title = model.description;
    const shown =
      listed.length === rowCount ? `${rowCount} rows` : `${listed.length} of ${rowCount} rows`;
    const label =
      `${title}, ${shown} by ${values?.columns ?? 0} columns. ` +
      "Arrow keys move from cell to cell, Enter opens the row, plus and minus zoom.";
    if (this.stage.area.getAttribute("aria-label") !== label)
      this.stage.area.setAttribute("aria-label", label);
    frame.showMessage(model.error, values !== null, actions);
    toggle(this.stage.element, values !== null && listed.length > 0);
    setText(frame.note, model.note);
    frame.showLoading(model.loading && model.error === null);
    this.legend.update(model.scale, model.legend, this.height, model.hold);
  }

  private paint(): void {
    const { grid } = this;
    if (!grid) return;
    const { context, values, model, top } = grid;
    const seen = paintHeatmap(this.stage.canvas, {
      statistic: model.statistic,
      scale: model.scale,
      x: values.x,
      places: placesOf(grid),
      domain: context.map.domain,
      rows: this.rows,
      rowHeight: this.rowHeight,
      top,
      width: context.map.width,
      height: this.height,
      ratio: context.ratio,
    });
    this.frame.key.update(seen);
    this.labels.update(model.listed, this.rowHeight, top, this.height, model.chosen);
  }

  point(at: Pointed | null): void {
    this.pointed = at;
    this.stage.point(at?.x ?? null);
    const own = at?.panel === this.id && at.row !== null;
    const grid = own ? this.grid : null;
    const box = own && grid ? boxOf(grid, at.row, columnOf(grid, at.x)) : null;
    toggle(this.outline, box !== null);
    if (box)
      Object.assign(this.outline.style, {
        left: `${box.left - 1}px`,
        top: `${box.top - 1}px`,
        width: `${Math.max(2, box.width) + 2}px`,
        // Of a thin row all is to be seen; a higher one ends with a line of its own.
        height: `${this.rowHeight + (this.rowHeight < SEPARATED_FROM ? 2 : 1)}px`,
      });
    this.labels.point(own ? at.row : null);
  }

  tip(at: Pointed): Tip | null {
    const { grid } = this;
    const item = at.row === null ? undefined : this.model?.listed[at.row];
    if (!grid || !item) return null;
    const column = columnOf(grid, at.x);
    if (column < 0) return { title: item.name, place: "no window here", readings: [], remarks: [] };
    return grid.model.tip(item, column);
  }

  plotLeft(): number {
    return this.stage.pageLeft();
  }

  rowNames(): readonly string[] {
    return this.model?.listed.map(({ name }) => name) ?? [];
  }

  cell(row: string | number, column: number): PaintedCell | null {
    const { grid } = this;
    if (!grid) return null;
    const place = grid.model.listed.findIndex((item) =>
      typeof row === "number" ? item.row === row : item.name === row,
    );
    return paintedCell(grid, this.stage.area.getBoundingClientRect(), place, column);
  }
}

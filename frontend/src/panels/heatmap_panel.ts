/** A heatmap of one series: rows from the top, colour bar at the right. */
import type { SeriesInfo, SeriesValues } from "../api/types";
import { paintHeatmap } from "../charts/heatmap";
import { cellAt, rowMedian } from "../model/cells";
import { seriesTitle } from "../model/quantities";
import { savedRange } from "../model/scene";
import { h, replaceChildren, setText, toggle } from "../ui/dom";
import { words } from "../ui/format";
import type { PaintedCell, Panel, PanelContext, Pointed, Tip } from "./context";
import { HeatmapCursor } from "./heatmap_cursor";
import { boxOf, columnOf, paintedCell, placesOf, type Grid } from "./heatmap_grid";
import { Legend } from "./legend";
import { PanelFrame } from "./panel_frame";
import { listRows, RowLabels, rowHeightFor, MOST_HEIGHT } from "./rows";
import { Stage } from "./stage";
import { saveMenu } from "./save_menu";
import { cellTip, placeOf } from "./tips";

export class HeatmapPanel implements Panel {
  private readonly frame: PanelFrame;
  private readonly stage: Stage;
  private readonly labels: RowLabels;
  private readonly legend = new Legend();
  private readonly outline = h("div", { class: "cell-outline", hidden: true });
  private readonly scroller = h("div", { class: "row-scroller", tabindex: "-1" });
  private readonly spacer = h("div");
  private context: PanelContext | null = null;
  private info: SeriesInfo;
  private rows: readonly number[] = [];
  private rowHeight = 20;
  private height = 0;

  constructor(
    readonly id: string,
    info: SeriesInfo,
    run: string,
  ) {
    this.info = info;
    this.frame = new PanelFrame("heatmap", run, info.tag);
    this.stage = new Stage(id, {
      rowAt: (y) => this.rowAt(y),
      click: (at) => {
        this.open(at.row);
      },
    });
    this.frame.tools.append(
      saveMenu(
        () => this.element,
        () => this.saved(run),
      ),
    );
    this.labels = new RowLabels((row) => {
      this.open(row);
    });
    this.stage.left.append(this.labels.element);
    this.stage.right.append(this.legend.element);
    this.stage.area.append(this.outline);
    this.scroller.append(this.spacer);
    this.stage.element.prepend(this.scroller);
    this.frame.body.append(this.stage.element);
    this.scroller.addEventListener("scroll", () => {
      this.paint();
    });
    this.stage.element.addEventListener(
      "wheel",
      (event) => {
        this.scrollRows(event);
      },
      { passive: false },
    );
    new HeatmapCursor(this.stage.area, {
      id,
      grid: () => this.grid,
      nameOf: (row) => this.info.rows[row] ?? "",
      reveal: (place) => {
        this.reveal(place);
      },
      open: (row) => {
        this.open(row);
      },
    });
  }

  get element(): HTMLElement {
    return this.frame.element;
  }

  private saved(run: string) {
    const { values, context, info } = this;
    if (!values || !context) return null;
    return { run, name: info.title, series: [values], range: savedRange(values, context.view) };
  }

  private get values(): SeriesValues | null {
    return this.context?.values(this.info.tag) ?? null;
  }

  private get grid(): Grid | null {
    const { context, values, rows, rowHeight } = this;
    if (!context || !values) return null;
    return { context, values, rows, rowHeight, top: this.scroller.scrollTop };
  }

  /** The wheel over the plot scrolls its rows first, where there are more than fit. */
  private scrollRows(event: WheelEvent): void {
    const { scroller } = this;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const before = scroller.scrollTop;
    scroller.scrollTop += event.deltaY;
    if (scroller.scrollTop !== before) event.preventDefault();
  }

  private rowAt(y: number): number | null {
    return this.rows[Math.floor((y + this.scroller.scrollTop) / this.rowHeight)] ?? null;
  }

  private open(row: number | null): void {
    const { context, info } = this;
    const name = row === null ? undefined : info.rows[row];
    if (!context || name === undefined) return;
    context.actions.chooseRow({ tag: info.tag, row: name });
  }

  update(context: PanelContext): void {
    this.context = context;
    const info = context.scene.detail?.series.find(({ tag }) => tag === this.info.tag);
    if (info) this.info = info;
    const { view } = context;
    this.rows = listRows(this.info.rows, view.filter);
    this.rowHeight = rowHeightFor(this.rows.length);
    this.height = Math.min(MOST_HEIGHT, Math.round(this.rows.length * this.rowHeight));
    this.stage.update(context, this.height);
    this.stage.canvas.style.height = `${this.height}px`;
    this.scroller.style.height = `${this.height}px`;
    this.spacer.style.height = `${this.rows.length * this.rowHeight}px`;
    this.scroller.classList.toggle("scrolls", this.rows.length * this.rowHeight > this.height + 1);
    this.describe(context);
    this.paint();
  }

  private describe(context: PanelContext): void {
    const { view, actions } = context;
    const { info, values } = this;
    const title = seriesTitle(info, context.scene.detail?.series ?? []);
    setText(this.frame.title, title);
    this.frame.title.title = title;
    const merged =
      values && values.windows > values.columns
        ? ` · ${values.windows} windows in ${values.columns} columns`
        : "";
    const what = `${info.scale} colour, ${view.statistic} of window, per ${info.rowKind}`;
    const order = info.rowKind === "layer" ? " · input at the top" : "";
    setText(this.frame.subtitle, what + order + merged);
    this.frame.subtitle.title = info.description;
    const shown =
      this.rows.length === info.rows.length
        ? `${info.rows.length} rows`
        : `${this.rows.length} of ${info.rows.length} rows`;
    this.stage.area.setAttribute(
      "aria-label",
      `${title}, ${shown} by ${values?.columns ?? 0} columns. ` +
        "Arrow keys move from cell to cell, Enter opens the row, plus and minus zoom.",
    );
    const error = context.entry(info.tag)?.error ?? null;
    this.frame.showMessage(error, values !== null, actions);
    toggle(this.stage.element, values !== null);
    if (values && !this.rows.length)
      replaceChildren(this.frame.note, `No row is called “${view.filter}”.`);
    else replaceChildren(this.frame.note);
    this.frame.element.classList.toggle("loading", values === null && error === null);
    this.legend.update(context.scale(info.quantity), this.height, {
      pinned: view.pinned[info.quantity] !== undefined,
      quantity: words(info.quantity),
      toggle: (domain) => {
        const { [info.quantity]: was, ...others } = view.pinned;
        actions.setView({ pinned: was ? others : { ...others, [info.quantity]: domain } });
      },
    });
  }

  private paint(): void {
    const { grid } = this;
    if (!grid) return;
    const { context, values, top } = grid;
    paintHeatmap(this.stage.canvas, {
      series: values,
      statistic: context.view.statistic,
      scale: context.scale(this.info.quantity),
      places: placesOf(grid),
      domain: context.map.domain,
      rows: this.rows,
      rowHeight: this.rowHeight,
      top,
      width: context.map.width,
      height: this.height,
      ratio: context.ratio,
    });
    const chosen = context.view.row?.tag === this.info.tag ? context.view.row.row : null;
    this.labels.update(this.info.rows, this.rows, this.rowHeight, top, this.height, chosen);
  }

  point(at: Pointed | null): void {
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
        height: `${this.rowHeight + 1}px`,
      });
    this.labels.highlight(own ? at.row : null);
  }

  tip(at: Pointed): Tip | null {
    const { grid, info } = this;
    if (!grid || at.row === null) return null;
    const { values } = grid;
    const column = columnOf(grid, at.x);
    const name = info.rows[at.row] ?? "";
    if (column < 0) return { title: name, place: "no window here", readings: [], remarks: [] };
    const { statistic } = grid.context.view;
    const cell = cellAt(values, at.row, column, statistic);
    if (!cell) return null;
    const usual = rowMedian(values, at.row, statistic);
    return cellTip(name, placeOf(values, column), cell, usual, values.statistics.has("count"));
  }

  private reveal(place: number): void {
    const top = place * this.rowHeight;
    const { scroller } = this;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    const bottom = top + this.rowHeight - this.height;
    if (bottom > scroller.scrollTop) scroller.scrollTop = bottom;
  }

  plotLeft(): number {
    return this.stage.pageLeft();
  }

  cell(row: number, column: number): PaintedCell | null {
    const { grid } = this;
    if (!grid) return null;
    const stage = this.stage.area.getBoundingClientRect();
    return paintedCell(grid, grid.context.scale(this.info.quantity), stage, row, column);
  }
}

/** A heatmap of one series: rows from the top, colour bar at the right. */
import type { SeriesInfo, SeriesValues } from "../api/types";
import { colourOf } from "../charts/colour";
import { paintHeatmap } from "../charts/heatmap";
import { columnPixels } from "../charts/raster";
import { toPixel } from "../charts/xmap";
import { cellAt, rowMedian } from "../model/cells";
import { columnAt, extents } from "../model/columns";
import { savedRange } from "../model/scene";
import { h, replaceChildren, setText, toggle } from "../ui/dom";
import { capital, words } from "../ui/format";
import type { PaintedCell, Panel, PanelContext, Pointed, Tip } from "./context";
import { Legend } from "./legend";
import { moveBy } from "./keys";
import { PanelFrame } from "./panel_frame";
import { listRows, RowLabels, rowHeightFor, MOST_HEIGHT } from "./rows";
import { Stage } from "./stage";
import { saveMenu } from "./save_menu";
import { cellSpeech, cellTip, placeOf } from "./tips";

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
  private cursor: { row: number; column: number } | null = null;

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
    const { area } = this.stage;
    area.tabIndex = 0;
    area.setAttribute("role", "application");
    area.setAttribute("aria-roledescription", "heatmap");
    area.addEventListener("keydown", (event) => {
      this.key(event);
    });
    area.addEventListener("blur", () => {
      this.cursor = null;
      this.context?.actions.point(null);
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
    const group = info.rowGroup && !info.title.includes(info.rowGroup) ? ` · ${info.rowGroup}` : "";
    setText(this.frame.title, info.title + group);
    this.frame.element.title = "";
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
      `${info.title}, ${shown} by ${values?.columns ?? 0} columns. ` +
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
    const { context, values } = this;
    if (!context || !values) return;
    const top = this.scroller.scrollTop;
    paintHeatmap(this.stage.canvas, {
      series: values,
      statistic: context.view.statistic,
      scale: context.scale(this.info.quantity),
      places: extents(values.x, context.view.axis),
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
    const column = own ? this.columnOf(at.x) : -1;
    const box = own && column >= 0 ? this.box(at.row, column) : null;
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

  private columnOf(x: number): number {
    const { context, values } = this;
    return context && values ? columnAt(extents(values.x, context.view.axis), x) : -1;
  }

  /** Where a cell is painted, in pixels of the stage. */
  private box(row: number, column: number) {
    const { context, values } = this;
    const place = this.rows.indexOf(row);
    if (!context || !values || place < 0) return null;
    const width = Math.round(context.map.width * context.ratio);
    const places = extents(values.x, context.view.axis);
    const pixels = columnPixels(places, context.map.domain, width);
    const found = pixels.find((item) => item.column === column);
    if (!found) return null;
    return {
      left: found.left / context.ratio,
      width: (found.right - found.left) / context.ratio,
      top: place * this.rowHeight - this.scroller.scrollTop,
    };
  }

  tip(at: Pointed): Tip | null {
    const { context, values, info } = this;
    if (!context || !values || at.row === null) return null;
    const column = this.columnOf(at.x);
    const name = info.rows[at.row] ?? "";
    if (column < 0) return { title: name, place: "no window here", readings: [], remarks: [] };
    const cell = cellAt(values, at.row, column, context.view.statistic);
    if (!cell) return null;
    const { statistic } = context.view;
    const usual = rowMedian(values, at.row, statistic);
    return cellTip(name, placeOf(values, column), cell, usual, values.statistics.has("count"));
  }

  private key(event: KeyboardEvent): void {
    const { context, values } = this;
    if (!context || !values || !this.rows.length) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (this.cursor) this.open(this.rows[this.cursor.row] ?? null);
      return;
    }
    const places = extents(values.x, context.view.axis);
    const pixels = columnPixels(places, context.map.domain, Math.round(context.map.width));
    const first = pixels[0]?.column ?? 0;
    const last = pixels.at(-1)?.column ?? values.columns - 1;
    const start = this.cursor ?? { row: 0, column: first };
    const moved = moveBy(event, this.cursor ? start : null, first, last, this.rows.length);
    if (!moved) return;
    event.preventDefault();
    this.cursor = moved;
    this.reveal(moved.row);
    this.announce(context, values, moved);
  }

  private reveal(place: number): void {
    const top = place * this.rowHeight;
    const { scroller } = this;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    const bottom = top + this.rowHeight - this.height;
    if (bottom > scroller.scrollTop) scroller.scrollTop = bottom;
  }

  private announce(
    context: PanelContext,
    values: SeriesValues,
    { row: place, column }: { row: number; column: number },
  ): void {
    const places = extents(values.x, context.view.axis);
    const x = (places.start[column]! + places.end[column]!) / 2;
    const row = this.rows[place]!;
    const box = this.stage.area.getBoundingClientRect();
    const at: Pointed = {
      panel: this.id,
      x,
      row,
      pageX: box.left + toPixel(context.map, x),
      pageY: box.top + (place + 1) * this.rowHeight - this.scroller.scrollTop,
      marker: null,
    };
    context.actions.point(at);
    const cell = cellAt(values, row, column, context.view.statistic);
    const name = this.info.rows[row] ?? "";
    if (cell) context.actions.say(capital(cellSpeech(name, placeOf(values, column), cell)));
  }

  plotLeft(): number {
    return this.stage.pageLeft();
  }

  cell(row: number, column: number): PaintedCell | null {
    const { context, values } = this;
    const cell = context && values ? cellAt(values, row, column, context.view.statistic) : null;
    if (!context || !cell) return null;
    const page = this.stage.area.getBoundingClientRect();
    const box = this.box(row, column);
    return {
      value: cell.value,
      class: cell.class,
      rgb: colourOf(context.scale(this.info.quantity), cell.class, cell.value),
      x: page.left + (box?.left ?? NaN),
      y: page.top + (box?.top ?? NaN),
      width: box?.width ?? NaN,
      height: this.rowHeight,
    };
  }
}

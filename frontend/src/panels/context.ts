/** What panels are given, and what they may ask for. */
import type { ColourScale } from "../charts/colour";
import type { XMap } from "../charts/xmap";
import type { SeriesValues } from "../api/types";
import type { RowOrder } from "../model/rows";
import type { Marker, RunScene } from "../model/scene";
import type { SeriesEntry } from "../state/entries";
import type { OnsetChoice, RowChoice, ViewState } from "../state/view";

/** A place that pointer or keyboard points at. */
export interface Pointed {
  readonly panel: string;
  readonly x: number;
  /** Of a heatmap: which of its rows, from the top. */
  readonly row: number | null;
  /** In page pixels, for the tooltip. */
  readonly pageX: number;
  readonly pageY: number;
  /** The marker line under the pointer. */
  readonly marker: Marker | null;
  /** How many more markers stand at the same pixel. */
  readonly beside: number;
}

export interface Actions {
  point(at: Pointed | null): void;
  zoom(range: readonly [number, number] | null): void;
  /** Lets go of what was opened last: the card, the finding, the zoom. */
  leave(): void;
  /** Choosing again what is chosen lets go of it. */
  chooseRow(row: RowChoice | null): void;
  chooseOnset(onset: OnsetChoice | null): void;
  previewOnset(marker: Marker | null, near: DOMRect | null): void;
  setView(patch: Partial<ViewState>): void;
  say(text: string): void;
  retry(): void;
}

export interface RunData {
  entry(tag: string): SeriesEntry | null;
  values(tag: string): SeriesValues | null;
}

export interface PanelContext extends RunData {
  readonly view: ViewState;
  readonly map: XMap;
  readonly full: readonly [number, number] | null;
  readonly scene: RunScene;
  readonly dark: boolean;
  readonly ratio: number;
  readonly actions: Actions;
  /** What the rows of a series are ordered by: the same in every run that is shown. */
  rank(tag: string, order: RowOrder): (row: string) => number;
  scale(quantity: string): ColourScale;
  /** Of the difference that is shown. */
  differenceScale(quantity: string): ColourScale;
  /** The data of another run that is shown. */
  of(run: string): RunData;
}

/** One line of the tooltip: a name, a value, and the colour it is drawn in. */
export interface Reading {
  readonly name: string;
  readonly value: string;
  readonly colour?: string;
}

export interface Tip {
  readonly title: string;
  readonly place: string;
  readonly readings: readonly Reading[];
  readonly remarks: readonly string[];
}

export interface PaintedCell {
  readonly value: number;
  readonly class: string;
  readonly rgb: readonly [number, number, number];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Panel {
  readonly element: HTMLElement;
  update(context: PanelContext): void;
  point(at: Pointed | null): void;
  /** What the tooltip says at a place of this panel. */
  tip(at: Pointed): Tip | null;
  /** Left edge of the plot area, in page pixels. */
  plotLeft(): number;
  /** `row` is a name, or an index in the series. */
  cell?(row: string | number, column: number): PaintedCell | null;
  /** Of a heatmap: its rows as they are listed, from the top. */
  rowNames?(): readonly string[];
  destroy?(): void;
}

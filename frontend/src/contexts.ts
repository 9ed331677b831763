/** What a panel is given to draw with: view, places, colours, and the data of its run. */
import type { XMap } from "./charts/xmap";
import { ColourScales } from "./model/colour_scales";
import { DifferenceScales } from "./model/difference_scales";
import type { Pair } from "./model/pair";
import { rankOver } from "./model/row_ranks";
import type { RunScene, Scene } from "./model/scene";
import { inSight } from "./model/sight";
import type { Actions, PanelContext, RunData } from "./panels/context";
import type { Library } from "./state/library";
import type { ViewState } from "./state/view";

export interface Drawing {
  readonly view: ViewState;
  readonly scene: Scene;
  readonly pair: Pair | null;
  readonly map: XMap;
  readonly dark: boolean;
}

export class Contexts {
  private readonly scales = new ColourScales();
  private readonly differenceScales = new DifferenceScales();

  constructor(
    private readonly library: Library,
    private readonly actions: Actions,
  ) {}

  of(run: RunScene, { view, scene, pair, map, dark }: Drawing): PanelContext {
    const { library } = this;
    const data = (name: string): RunData => ({
      entry: (tag) => library.series(name, tag),
      values: (tag) => inSight(library.series(name, tag), view.axis, map.domain),
    });
    return {
      view,
      map,
      full: scene.full,
      scene: run,
      dark,
      ratio: window.devicePixelRatio || 1,
      actions: this.actions,
      ...data(run.run),
      of: data,
      rank: (tag, order) => {
        const runs = scene.runs.map(({ run: name, detail }) => ({
          series: library.series(name, tag)?.full ?? null,
          onsets: detail?.onsets ?? [],
        }));
        return rankOver(runs, order, view.statistic);
      },
      scale: (quantity) => this.scales.get(quantity, scene, library, view),
      differenceScale: (quantity) => {
        if (!pair) throw new Error("No difference is shown.");
        return this.differenceScales.get(quantity, pair, library, view, dark);
      },
    };
  }

  /** Panels of a difference are those of its first run, with the marker lines of both. */
  ofPair({ first, markers }: Pair, drawing: Drawing): PanelContext {
    return this.of({ ...first, markers }, drawing);
  }
}

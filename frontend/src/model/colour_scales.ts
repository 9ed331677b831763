/** Which colours the values of a quantity get: the same in every run that is shown. */
import type { SeriesValues } from "../api/types";
import { fitScale, heldScale, type ColourScale } from "../charts/colour";
import type { Library } from "../state/library";
import type { ViewState } from "../state/view";
import { classify, valuesOf, type Statistic } from "./cells";
import type { Scene } from "./scene";

function* finiteValues(series: SeriesValues, statistic: Statistic): Iterable<number> {
  const values = valuesOf(series, statistic);
  const counts = series.statistics.get("count");
  for (let i = 0; i < values.length; i++)
    if (classify(values[i]!, counts?.[i]) === "value") yield values[i]!;
}

/** One colour scale a quantity, over all runs that are shown: equal colours are equal values. */
export class ColourScales {
  private readonly known = new Map<string, { sources: readonly unknown[]; scale: ColourScale }>();

  get(quantity: string, scene: Scene, library: Library, view: ViewState): ColourScale {
    const sources: SeriesValues[] = [];
    let kind: "log" | "linear" = "linear";
    for (const { run, detail } of scene.runs)
      for (const info of detail?.series ?? [])
        if (info.quantity === quantity) {
          kind = info.scale;
          const full = library.series(run, info.tag)?.full;
          if (full) sources.push(full);
        }
    const held = view.held[quantity];
    if (held && (kind === "linear" || held[0] > 0)) return heldScale(kind, held[0], held[1]);
    const inputs = [...sources, view.statistic, kind];
    const found = this.known.get(quantity);
    if (found?.sources.length === inputs.length && inputs.every((x, i) => x === found.sources[i]))
      return found.scale;
    const scale = fitScale(
      kind,
      sources.map((source) => finiteValues(source, view.statistic)),
    );
    this.known.set(quantity, { sources: inputs, scale });
    return scale;
  }
}

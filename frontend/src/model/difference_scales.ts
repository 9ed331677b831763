/** Colour scales of the difference that is shown: one a quantity, whatever is zoomed into. */
import type { ColourScale } from "../charts/colour";
import { fitDiverging } from "../charts/diverging";
import type { Library } from "../state/library";
import type { ViewState } from "../state/view";
import { BEYOND, DIFFERENCE, differenceBetween } from "./difference";
import type { Pair } from "./pair";

function* within(values: Float32Array): Iterable<number> {
  for (const value of values) yield Math.abs(value) >= BEYOND ? Math.sign(value) * Infinity : value;
}

export class DifferenceScales {
  private readonly known = new Map<
    string,
    { readonly key: readonly unknown[]; readonly scale: ColourScale }
  >();

  get(quantity: string, pair: Pair, library: Library, view: ViewState, dark: boolean): ColourScale {
    const { first, second } = pair;
    const infos = first.detail?.series.filter((info) => info.quantity === quantity) ?? [];
    const kind = infos[0]?.scale === "log" ? "ratio" : "difference";
    const both = infos.flatMap(({ tag }) => {
      const [a, b] = [first, second].map(({ run }) => library.series(run, tag)?.full);
      return a && b ? [[a, b] as const] : [];
    });
    const key = [...both.flat(), view.axis, view.statistic, kind, dark];
    const found = this.known.get(quantity);
    if (found?.key.length === key.length && key.every((item, i) => item === found.key[i]))
      return found.scale;
    const differences = both.map(([a, b]) =>
      within(
        differenceBetween(a, b, view.axis, view.statistic, kind).values.statistics.get(DIFFERENCE)!,
      ),
    );
    const scale = fitDiverging(kind, differences, dark);
    this.known.set(quantity, { key, scale });
    return scale;
  }
}

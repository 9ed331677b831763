/** Which quantities there are, what they are called, and which the page shows without being asked. */
import type { RunDetail, SeriesInfo } from "../api/types";
import type { ViewState } from "../state/view";
import { capital, words } from "../ui/format";

export interface Quantity {
  readonly name: string;
  readonly title: string;
}

/** Shown whatever was found; besides them, what the evidence of an onset names. */
const ALWAYS: ReadonlySet<string> = new Set(["loss", "epoch_logs", "gradient_norm"]);
/** So many are read at a glance: none is left out. */
const FEW = 5;

const lowered = (title: string): string =>
  /^\p{Lu}\p{Ll}/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;

/** Quantities that can be shown or hidden. One whose series have titles of their own goes by its name. */
export function quantitiesOf(series: readonly SeriesInfo[]): Quantity[] {
  const titles = new Map<string, Set<string>>();
  for (const { quantity, view, title } of series) {
    if (view === "hidden" || quantity === "learning_rate") continue;
    titles.set(quantity, (titles.get(quantity) ?? new Set()).add(title));
  }
  return [...titles].map(([name, [first, ...more]]) => ({
    name,
    title: more.length || first === undefined ? capital(words(name)) : first,
  }));
}

/** "Gradient norm", "Cell state · lstm", "Logits · largest logit". */
export function seriesTitle(info: SeriesInfo, all: readonly SeriesInfo[]): string {
  const { quantity, title, rowGroup } = info;
  if (all.some((other) => other.quantity === quantity && other.title !== title))
    return `${capital(words(quantity))} · ${lowered(title)}`;
  return rowGroup && !title.includes(rowGroup) ? `${title} · ${rowGroup}` : title;
}

export function shownByDefault(
  quantities: readonly Quantity[],
  details: readonly RunDetail[],
): ReadonlySet<string> {
  const named = new Set(ALWAYS);
  if (quantities.length <= FEW) for (const { name } of quantities) named.add(name);
  for (const { onsets, series } of details)
    for (const { evidence } of onsets) {
      const info = series.find(({ tag }) => tag === evidence.get("tag"));
      if (info) named.add(info.quantity);
    }
  return named;
}

export const isShown = (
  name: string,
  { hidden, added }: ViewState,
  byDefault: ReadonlySet<string>,
): boolean => !hidden.includes(name) && (added.includes(name) || byDefault.has(name));

/** The reader's choice with one quantity shown or hidden. */
export function choose({ hidden, added }: ViewState, name: string, shown: boolean) {
  const others = (names: readonly string[]) => names.filter((item) => item !== name);
  return shown
    ? { hidden: others(hidden), added: [...others(added), name] }
    : { hidden: [...others(hidden), name], added: others(added) };
}

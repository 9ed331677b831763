/** Which quantities there are, what they are called, and which the page shows without being asked. */
import type { RunDetail, SeriesInfo } from "../api/types";
import type { ViewState } from "../state/view";
import { capital, words } from "../ui/format";

export interface Quantity {
  readonly name: string;
  readonly title: string;
  /** Whether its series can be shown each on its own. */
  readonly divides: boolean;
  readonly series: readonly { readonly tag: string; readonly title: string }[];
}

/** Shown whatever was found; besides them, what the evidence of an onset names. */
const ALWAYS: ReadonlySet<string> = new Set(["loss", "epoch_logs", "gradient_norm"]);
/** Of these the page draws what belongs together in one panel. */
const TOGETHER: ReadonlySet<string> = new Set(["loss", "epoch_logs"]);
/** Of each run so many heatmaps are shown, whatever was found ... */
const FEW = 5;
/** ... and of all runs together so many: of several runs only what the evidence names. */
const AT_ONCE = 16;

const lowered = (title: string): string =>
  /^\p{Lu}\p{Ll}/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;

/** Quantities that can be shown or hidden. One whose series have titles of their own goes by its name. */
export function quantitiesOf(series: readonly SeriesInfo[]): Quantity[] {
  const known = new Map<string, SeriesInfo[]>();
  for (const info of series) {
    if (info.view === "hidden" || info.quantity === "learning_rate") continue;
    known.set(info.quantity, [...(known.get(info.quantity) ?? []), info]);
  }
  return [...known].map(([name, infos]) => {
    const titles = new Set(infos.map(({ title }) => title));
    const [first] = titles;
    return {
      name,
      title: titles.size > 1 || first === undefined ? capital(words(name)) : first,
      divides: infos.length > 1 && !TOGETHER.has(name),
      series: infos.map((info) => ({ tag: info.tag, title: partTitle(info, infos) })),
    };
  });
}

/** What tells a series from the others of its quantity. */
function partTitle(info: SeriesInfo, all: readonly SeriesInfo[]): string {
  const same = all.every(({ title }) => title === info.title);
  return same && info.rowGroup ? info.rowGroup : info.title;
}

/** "Gradient norm", "Cell state · lstm", "Logits · largest logit". */
export function seriesTitle(info: SeriesInfo, all: readonly SeriesInfo[]): string {
  const { quantity, title, rowGroup } = info;
  if (all.some((other) => other.quantity === quantity && other.title !== title))
    return `${capital(words(quantity))} · ${lowered(title)}`;
  return rowGroup && !title.includes(rowGroup) ? `${title} · ${rowGroup}` : title;
}

/** Names of quantities, and tags of single series: of those that evidence names, only these. */
export function shownByDefault(
  quantities: readonly Quantity[],
  details: readonly RunDetail[],
): ReadonlySet<string> {
  const named = new Set(ALWAYS);
  const shown = quantities.filter(({ name }) => !ALWAYS.has(name));
  const parts = shown.reduce((sum, { series }) => sum + series.length, 0);
  if (parts <= FEW || parts * details.length <= AT_ONCE)
    for (const { name } of shown) named.add(name);
  for (const tag of namedByEvidence(details)) named.add(tag);
  return named;
}

/** Tags of the series in which something was found. */
export function namedByEvidence(details: readonly RunDetail[]): ReadonlySet<string> {
  const tags = details.flatMap(({ onsets }) => onsets.map(({ evidence }) => evidence.get("tag")));
  return new Set(tags.filter((tag): tag is string => typeof tag === "string"));
}

/** The usual ones first, then those in which something was found, then the others as they come. */
export function inOrderOfInterest(
  series: readonly SeriesInfo[],
  details: readonly RunDetail[],
): SeriesInfo[] {
  const named = namedByEvidence(details);
  const rank = ({ tag, quantity }: SeriesInfo): number =>
    ALWAYS.has(quantity) ? 0 : named.has(tag) ? 1 : 2;
  return [...series].sort((a, b) => rank(a) - rank(b));
}

/** What was chosen for a series itself counts before what was chosen for its quantity. */
export function isShown(
  { quantity, tag }: Pick<SeriesInfo, "quantity" | "tag">,
  { hidden, added }: Pick<ViewState, "hidden" | "added">,
  byDefault: ReadonlySet<string>,
): boolean {
  for (const name of [tag, quantity]) {
    if (hidden.includes(name)) return false;
    if (added.includes(name)) return true;
  }
  return byDefault.has(tag) || byDefault.has(quantity);
}

/** The reader's choice with a quantity, or one of its series, shown or hidden. */
export function choose(
  { hidden, added }: Pick<ViewState, "hidden" | "added">,
  name: string,
  shown: boolean,
  parts: Quantity["series"] = [],
) {
  // A choice for all of a quantity undoes those for its series.
  const gone = new Set([name, ...parts.map(({ tag }) => tag)]);
  const others = (names: readonly string[]) => names.filter((item) => !gone.has(item));
  return shown
    ? { hidden: others(hidden), added: [...others(added), name] }
    : { hidden: [...others(hidden), name], added: others(added) };
}

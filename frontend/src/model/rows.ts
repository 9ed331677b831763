/** Which rows of a heatmap are listed, in which order, and which stand folded into one. */

export type RowOrder = "forward" | "reverse" | "name" | "largest" | "onset";
export const ROW_ORDERS: readonly RowOrder[] = ["forward", "reverse", "name", "largest", "onset"];

/** A line of a heatmap: one row of its series, or several folded into one. */
export interface ListedRow {
  readonly name: string;
  /** Index in the series; -1 where several rows are folded into this one. */
  readonly row: number;
  /** Indices of the rows that it stands for: itself, or those folded. */
  readonly members: readonly number[];
}

export interface Listing {
  readonly filter: string;
  readonly order: RowOrder;
  readonly folded: readonly string[];
  /** What rows are compared by; rows of which nothing is known (NaN) come last. */
  readonly rank: (row: number) => number;
}

const SEPARATOR = "/";

/** The nested models that a row lies in, outermost first: "a/b/dense" lies in "a" and "a/b". */
export function groupsOf(name: string): string[] {
  const parts = name.split(SEPARATOR);
  return parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join(SEPARATOR));
}

/** Nested models with two rows or more, in order, with the number of their rows. */
export function nestedModels(names: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names)
    for (const group of groupsOf(name)) counts.set(group, (counts.get(group) ?? 0) + 1);
  return new Map([...counts].filter(([, count]) => count > 1));
}

/** Indices of the rows whose name holds the filter's text, in their order. */
export function matching(names: readonly string[], filter: string): number[] {
  const wanted = filter.trim().toLowerCase();
  const all = names.map((_, index) => index);
  return wanted ? all.filter((i) => names[i]!.toLowerCase().includes(wanted)) : all;
}

/** Rows in forward order, those of a folded model gathered where its first row was. */
function fold(names: readonly string[], rows: readonly number[], folded: readonly string[]) {
  const closed = new Set(folded);
  const listed: ListedRow[] = [];
  const gathered = new Map<string, number[]>();
  for (const row of rows) {
    const group = closed.size ? groupsOf(names[row]!).find((name) => closed.has(name)) : undefined;
    const members = group === undefined ? undefined : gathered.get(group);
    if (members) members.push(row);
    else if (group !== undefined) {
      const own = [row];
      gathered.set(group, own);
      listed.push({ name: group, row: -1, members: own });
    } else listed.push({ name: names[row]!, row, members: [row] });
  }
  // Of a model with a single row in sight there is nothing to fold.
  return listed.map((item) =>
    item.row < 0 && item.members.length === 1
      ? { name: names[item.members[0]!]!, row: item.members[0]!, members: item.members }
      : item,
  );
}

const collator = new Intl.Collator("en", { numeric: true });

export function listRows(names: readonly string[], listing: Listing): ListedRow[] {
  const { filter, order, folded, rank } = listing;
  const rows = fold(names, matching(names, filter), folded);
  if (order === "reverse") return rows.reverse();
  if (order === "name") return rows.sort((a, b) => collator.compare(a.name, b.name));
  if (order === "forward") return rows;
  const sign = order === "largest" ? -1 : 1;
  const best = new Map(
    rows.map((item) => {
      const known = item.members.map(rank).filter((value) => !Number.isNaN(value));
      return [item, known.length ? Math.min(...known.map((value) => sign * value)) : Infinity];
    }),
  );
  // The sort is stable: rows that are alike stay in forward order.
  return rows.sort((a, b) =>
    best.get(a)! < best.get(b)! ? -1 : Number(best.get(a) !== best.get(b)),
  );
}

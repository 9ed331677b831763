/** Markers that stand (almost) at one place share a label: one on top, the others listed under it. */

export interface Standing {
  readonly id: string;
  /** Pixel of the marker's line. */
  readonly x: number;
  /** Less is told first. */
  readonly rank: number;
}

export interface Stack {
  /** All that stand here, the one to be told first at the front. */
  readonly ids: readonly string[];
  readonly x: number;
}

/** Labels of markers nearer than this would stand over each other. */
export const STACKED_WITHIN = 10;

/** Stacks from left to right; each as wide as `within` at most, and at the place of its first. */
export function stackUp(standing: readonly Standing[], within = STACKED_WITHIN): Stack[] {
  const sorted = [...standing].sort((a, b) => a.x - b.x);
  const groups: Standing[][] = [];
  for (const item of sorted) {
    const group = groups.at(-1);
    if (group && item.x - group[0]!.x <= within) group.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => {
    const ordered = group.sort((a, b) => a.rank - b.rank);
    return { ids: ordered.map(({ id }) => id), x: ordered[0]!.x };
  });
}

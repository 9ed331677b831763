/** Where the labels of vertical markers go: none covers another, and lines keep clear of them. */

export interface Label {
  readonly id: string;
  /** Pixel of the marker's line. */
  readonly x: number;
  readonly width: number;
}

export interface PlacedLabel {
  readonly id: string;
  readonly x: number;
  readonly left: number;
  readonly width: number;
  /** 0 is nearest to the plot; null: there was no room, it is told by another (`lost`). */
  readonly lane: number | null;
  /** Labels that found no room and are nearest to this one. */
  lost: readonly string[];
}

const GAP = 6;
const OFFSET = 4;
/** A line through a label is worse than a label this many lanes higher. */
const CROSSING = 4;
/** So is one over a line to come, which could still end below it. */
const IN_THE_WAY = 3;
const LOST = 100;

const covers = (label: PlacedLabel, x: number): boolean =>
  x > label.left - 2 && x < label.left + label.width + 2;

/**
 * Labels in as few lanes as will do, none over another. Going from the right, a label that reaches
 * over its neighbours comes to lie above them, and lines run down beside the text; near the right
 * edge, where labels lie left of their lines, the other order does that. The better one is taken.
 */
export function layoutLabels(
  labels: readonly Label[],
  bounds: readonly [number, number],
  lanes: number,
): PlacedLabel[] {
  const sorted = [...labels].sort((a, b) => a.x - b.x);
  const tries = [sorted.toReversed(), sorted].map((order) => layout(order, bounds, lanes));
  tries.sort((a, b) => a.cost - b.cost);
  const placed = [...(tries[0]?.placed ?? [])].sort((a, b) => a.x - b.x);
  const shown = placed.filter(({ lane }) => lane !== null);
  for (const lost of placed) {
    if (lost.lane !== null) continue;
    const nearest = [...shown].sort((a, b) => Math.abs(a.x - lost.x) - Math.abs(b.x - lost.x))[0];
    if (nearest) nearest.lost = [...nearest.lost, lost.id];
  }
  return placed;
}

function layout(
  order: readonly Label[],
  bounds: readonly [number, number],
  lanes: number,
): { readonly placed: PlacedLabel[]; readonly cost: number } {
  const placed: PlacedLabel[] = [];
  let cost = 0;
  for (const [i, label] of order.entries()) {
    const pending = order.slice(i + 1);
    const [place, price] = best(label, placed, pending, bounds, lanes);
    placed.push(place ?? { ...label, left: label.x, lane: null, lost: [] });
    cost += place ? price : LOST;
  }
  return { placed, cost };
}

function best(
  { id, x, width }: Label,
  placed: readonly PlacedLabel[],
  pending: readonly Label[],
  [low, high]: readonly [number, number],
  lanes: number,
): readonly [PlacedLabel | null, number] {
  const sides = [x + OFFSET, x - OFFSET - width];
  const starts = sides.filter((left) => left >= low && left + width <= high);
  if (!starts.length) starts.push(Math.max(low, high - width));
  let found: PlacedLabel | null = null;
  let least = Infinity;
  for (let lane = 0; lane < lanes; lane++)
    for (const left of starts) {
      const label: PlacedLabel = { id, x, left, width, lane, lost: [] };
      const inLane = placed.filter((other) => other.lane === lane);
      if (inLane.some((o) => left < o.left + o.width + GAP && left + width + GAP > o.left))
        continue;
      const crossings = placed.filter(
        (other) =>
          other.lane !== null &&
          ((other.lane < lane && covers(other, x)) ||
            (other.lane > lane && covers(label, other.x))),
      ).length;
      const inTheWay = pending.filter((other) => covers(label, other.x)).length;
      const cost = lane + CROSSING * crossings + IN_THE_WAY * inTheWay;
      if (cost < least) [found, least] = [label, cost];
    }
  return [found, least];
}

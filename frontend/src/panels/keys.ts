/** Arrow keys on a heatmap. */

export interface Place {
  readonly row: number;
  readonly column: number;
}

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
}

const LEAP = 10;

/** Where a key leads from a place (null: nothing was pointed at yet); null for other keys. */
export function moveBy(
  { key, shiftKey }: Key,
  from: Place | null,
  first: number,
  last: number,
  rows: number,
): Place | null {
  const by = shiftKey ? LEAP : 1;
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [0, -by],
    ArrowRight: [0, by],
    ArrowUp: [-by, 0],
    ArrowDown: [by, 0],
    PageUp: [-LEAP, 0],
    PageDown: [LEAP, 0],
    Home: [0, -Infinity],
    End: [0, Infinity],
  };
  const move = moves[key];
  if (!move) return null;
  // The first key only shows where the cursor is.
  const [down, right] = from || key === "End" ? move : [0, 0];
  const start = from ?? { row: 0, column: first };
  return {
    row: Math.min(rows - 1, Math.max(0, start.row + down)),
    column: Math.min(last, Math.max(first, start.column + right)),
  };
}

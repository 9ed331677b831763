import { describe, expect, it } from "vitest";
import { layoutLabels, type PlacedLabel } from "../../src/charts/markers";

const label = (id: string, x: number, width = 100) => ({ id, x, width });

function overlapping(placed: readonly PlacedLabel[]): string[] {
  const clashes: string[] = [];
  for (const a of placed)
    for (const b of placed)
      if (a.id < b.id && a.lane !== null && a.lane === b.lane)
        if (a.left < b.left + b.width && b.left < a.left + a.width) clashes.push(a.id + b.id);
  return clashes;
}

describe("layoutLabels", () => {
  it("keeps labels beside their lines while there is room", () => {
    const placed = layoutLabels([label("a", 50), label("b", 400)], [0, 800], 5);
    expect(placed.map(({ lane }) => lane)).toEqual([0, 0]);
    expect(placed.map(({ left }) => left)).toEqual([54, 404]);
  });
  it("turns a label at the right edge to the left", () => {
    const [placed] = layoutLabels([label("a", 780)], [0, 800], 5);
    expect(placed).toMatchObject({ left: 676, lane: 0 });
  });
  it("covers none by another, however close the lines are", () => {
    const many = Array.from({ length: 8 }, (_, i) => label(`${i}`, 300 + 4 * i));
    const placed = layoutLabels(many, [0, 800], 8);
    expect(overlapping(placed)).toEqual([]);
    expect(placed.every(({ lane }) => lane !== null)).toBe(true);
  });
  it("leads no line through another's label where that can be helped", () => {
    for (const xs of [
      [300, 320, 340],
      [700, 760, 761],
      [10, 20, 790],
    ]) {
      const placed = layoutLabels(
        xs.map((x, i) => label(`${i}`, x)),
        [0, 800],
        5,
      );
      const crossed = placed.flatMap((a) =>
        placed.filter((b) => a.lane! < b.lane! && b.x > a.left && b.x < a.left + a.width),
      );
      expect(crossed).toEqual([]);
    }
  });
  it("gives labels that found no room to the nearest", () => {
    const placed = layoutLabels([label("a", 50), label("b", 52), label("c", 54)], [0, 120], 1);
    const shown = placed.filter(({ lane }) => lane !== null);
    expect(shown).toHaveLength(1);
    expect(shown[0]?.lost).toHaveLength(2);
  });
});

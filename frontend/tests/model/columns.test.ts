import { describe, expect, it } from "vitest";
import {
  columnAt,
  columnEndingAfter,
  columnOfStep,
  convert,
  extents,
  overlapping,
  span,
} from "../../src/model/columns";
import { seriesValues } from "../examples";

const { x } = seriesValues(["a"], [[1, 2, 3, 4]]);

describe("extents", () => {
  it("lets step k cover k-1 to k", () => {
    expect([...extents(x, "step").start]).toEqual([0, 10, 20, 30]);
    expect([...extents(x, "step").end]).toEqual([10, 20, 30, 40]);
  });
  it("begins a column of the clock where the one before it ended", () => {
    expect([...extents(x, "wall").start]).toEqual([999, 1000, 1001, 1002]);
  });
  it("gives a lone column some width on the clock", () => {
    const lone = seriesValues(["a"], [[1]]).x;
    const [a, b] = span(extents(lone, "wall")) ?? [0, 0];
    expect(b).toBeGreaterThan(a);
  });
});

describe("columnAt", () => {
  const places = extents(x, "epoch");
  it("finds the column that covers a place; the left edge belongs to it", () => {
    expect(columnAt(places, 0)).toBe(0);
    expect(columnAt(places, 0.25)).toBe(1);
    expect(columnAt(places, 0.9)).toBe(3);
  });
  it("counts the very end in, and nothing beyond", () => {
    expect(columnAt(places, 1)).toBe(3);
    expect(columnAt(places, 1.001)).toBe(-1);
    expect(columnAt(places, -0.001)).toBe(-1);
  });
  it("finds nothing in a gap", () => {
    const gap = { start: Float64Array.of(0, 5), end: Float64Array.of(1, 6) };
    expect(columnAt(gap, 3)).toBe(-1);
  });
});

describe("columnEndingAfter", () => {
  it("finds the epoch that a place lies in", () => {
    const places = { start: Float64Array.of(0.5, 1.5), end: Float64Array.of(1, 2) };
    expect([0.1, 1, 1.2, 2, 2.1, -1].map((at) => columnEndingAfter(places, at))).toEqual([
      0, 0, 1, 1, -1, -1,
    ]);
  });
});

describe("columnOfStep", () => {
  it("finds the window that holds a step", () => {
    expect([1, 10, 11, 40].map((step) => columnOfStep(x, step))).toEqual([0, 0, 1, 3]);
  });
});

describe("overlapping", () => {
  const places = extents(x, "step");
  it("takes columns that are partly in sight, and none that only touch", () => {
    expect(overlapping(places, 5, 25)).toEqual([0, 2]);
    expect(overlapping(places, 10, 20)).toEqual([1, 1]);
    expect(overlapping(places, 100, 200)).toBeNull();
  });
});

describe("convert", () => {
  it("goes there and back", () => {
    expect(convert(x, 15, "step", "epoch")).toBeCloseTo(0.375);
    expect(convert(x, 0.375, "epoch", "step")).toBeCloseTo(15);
    expect(convert(x, 0.375, "epoch", "wall")).toBeCloseTo(1000.5);
  });
});

import { describe, expect, it } from "vitest";
import { clockTicks, linearTicks, logTicks, makeScale } from "../../src/charts/scale";

describe("makeScale", () => {
  it("is linear or logarithmic, and invertible", () => {
    expect(makeScale("linear", 0, 10).share(2.5)).toBe(0.25);
    expect(makeScale("log", 1, 100).share(10)).toBeCloseTo(0.5);
    for (const kind of ["linear", "log"] as const) {
      const scale = makeScale(kind, 2, 50);
      expect(scale.at(scale.share(7))).toBeCloseTo(7);
    }
  });
  it("has no place for zero on a log scale", () => {
    expect(makeScale("log", 1, 10).share(0)).toBe(-Infinity);
  });
});

describe("ticks", () => {
  it("are round and within the range", () => {
    expect(linearTicks(0, 20, 5)).toEqual([0, 5, 10, 15, 20]);
    expect(linearTicks(0.13, 0.37, 4)).toEqual([0.2, 0.3]);
    expect(linearTicks(0, 3, 10, true)).toEqual([0, 1, 2, 3]);
  });
  it("are powers of ten on a log scale, thinned where there are many", () => {
    expect(logTicks(0.01, 100, 8)).toEqual([0.01, 0.1, 1, 10, 100]);
    expect(logTicks(1e-10, 1e10, 5).length).toBeLessThanOrEqual(5);
    expect(logTicks(2, 8, 4).length).toBeGreaterThan(1);
  });
  it("are two at least, however little of a decade a log scale shows", () => {
    for (const [low, high] of [
      [0.3, 9],
      [0.6, 1.4],
      [0.95, 1.2],
      [2.1, 2.3],
      [5.5e-4, 3e-3],
    ] as const)
      for (const count of [2, 3, 4]) {
        const found = logTicks(low, high, count);
        expect(found.length, `${low}..${high}`).toBeGreaterThanOrEqual(2);
        expect(found.every((tick) => tick >= low && tick <= high)).toBe(true);
      }
    expect(logTicks(0.3, 9, 3)).toEqual([0.5, 1, 2, 5]);
  });
  it("survive a range of nothing", () => {
    expect(linearTicks(1, 1, 5)).toEqual([1]);
    expect(logTicks(0, 1, 5)).toEqual([]);
  });
  it("fall on whole minutes of the clock", () => {
    const ticks = clockTicks(1767225600 + 7, 1767225600 + 607, 6);
    expect(ticks.length).toBeGreaterThan(2);
    expect(ticks.every((tick) => tick % 60 === 0)).toBe(true);
  });
});

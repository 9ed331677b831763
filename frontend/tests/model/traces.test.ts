import { describe, expect, it } from "vitest";
import { extents } from "../../src/model/columns";
import { epochLine, nonfiniteGaps, rowLine, suitsLog, yRange } from "../../src/model/traces";
import { seriesValues } from "../examples";

const line = (y: readonly number[], high?: readonly number[]) => ({
  x: Float64Array.from(y, (_, i) => i),
  y: Float32Array.from(y),
  ...(high ? { low: Float32Array.from(y), high: Float32Array.from(high) } : {}),
});

describe("rowLine", () => {
  it("runs through the middles of the columns, and leaves gaps", () => {
    const series = seriesValues(["a"], [[1, NaN, 3]], { count: [[1, 1, 0]] });
    const { x, y } = rowLine(series, 0, extents(series.x, "step"));
    expect([...x]).toEqual([5, 15, 25]);
    expect([...y]).toEqual([1, NaN, NaN]);
  });
});

describe("epochLine", () => {
  it("draws a training figure over its whole epoch, though its column is the last window", () => {
    const series = seriesValues(["a"], [[1, 2]]);
    const places = { start: Float64Array.of(0.75, 1.75), end: Float64Array.of(1, 2) };
    const { from, x } = epochLine(series, 0, places, true, 0);
    expect([[...(from ?? [])], [...x]]).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(epochLine(series, 0, places, false, 0).from).toBeUndefined();
  });
});

describe("nonfiniteGaps", () => {
  it("joins neighbours of a kind, and leaves missing ones alone", () => {
    const series = seriesValues(["a"], [[NaN, NaN, Infinity, 1, 2]], {
      count: [[1, 1, 1, 1, 0]],
      nonfinite: [[1, 1, 1, 1, 0]],
    });
    expect(nonfiniteGaps(series, 0, extents(series.x, "step"))).toEqual([
      { filling: "nan", from: 0, to: 20 },
      { filling: "inf", from: 20, to: 30 },
      { filling: "partial", from: 30, to: 40 },
    ]);
  });
});

describe("yRange", () => {
  it("does not let one spike of the band squeeze the line", () => {
    const range = yRange([line([1, 2, 1], [1, 1000, 1])], 0, 2, false);
    expect(range).toEqual([1, 3]);
  });
  it("looks only at what is in sight", () => {
    expect(yRange([line([1, 2, 50])], 0, 1, false)?.[1]).toBe(2);
    expect(yRange([line([NaN])], 0, 1, false)).toBeNull();
  });
  it("leaves out what a log axis cannot show", () => {
    expect(yRange([line([-1, 0, 4])], 0, 2, true)).toEqual([4, 4]);
  });
});

describe("suitsLog", () => {
  it("is for positive values over a wide range", () => {
    expect(suitsLog([line([1, 100])])).toBe(true);
    expect(suitsLog([line([1, 10])])).toBe(false);
    expect(suitsLog([line([-1, 100])])).toBe(false);
  });
});

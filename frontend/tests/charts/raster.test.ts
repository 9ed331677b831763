import { describe, expect, it } from "vitest";
import { fitScale } from "../../src/charts/colour";
import { PALETTE } from "../../src/charts/palettes";
import { columnPixels, gapPixels, rasterRow } from "../../src/charts/raster";
import { rowColours } from "../../src/charts/row_colours";
import { extents } from "../../src/model/columns";
import { seriesValues } from "../examples";

const scale = fitScale("linear", [[0, 1]]);

const rgb = (packed: number) => [packed & 255, (packed >> 8) & 255, (packed >> 16) & 255];

describe("columnPixels", () => {
  const series = seriesValues(["a"], [[0, 0, 0, 0]]);
  const places = extents(series.x, "step");
  it("leaves neither seams nor overlap", () => {
    const pixels = columnPixels(places, [0, 40], 101);
    expect(pixels[0]?.left).toBe(0);
    expect(pixels.at(-1)?.right).toBe(101);
    expect(pixels.slice(1).every(({ left }, i) => left === pixels[i]!.right)).toBe(true);
  });
  it("gives 300 windows 300 columns", () => {
    const many = seriesValues(["a"], [Array.from({ length: 300 }, () => 1)]);
    const pixels = columnPixels(extents(many.x, "epoch"), [0, 75], 675);
    expect(new Set(pixels.map(({ left }) => left)).size).toBe(300);
  });
  it("shows only what is in sight, to the pixel", () => {
    expect(columnPixels(places, [10, 20], 50)).toEqual([{ column: 1, left: 0, right: 50 }]);
    expect(columnPixels(places, [15, 25], 100)).toEqual([
      { column: 1, left: 0, right: 50 },
      { column: 2, left: 50, right: 100 },
    ]);
  });
});

describe("gapPixels", () => {
  it("finds windows that are not there", () => {
    const series = seriesValues(["a"], [[0, 0, 0]]);
    const { firstStep, lastStep } = series.x;
    const x = { ...series.x, firstStep: firstStep.with(2, 41), lastStep: lastStep.with(2, 50) };
    const columns = columnPixels(extents(x, "step"), [0, 50], 50);
    expect(gapPixels(x, columns)).toEqual([[20, 40]]);
    const whole = columnPixels(extents(series.x, "step"), [0, 30], 30);
    expect(gapPixels(series.x, whole)).toEqual([]);
  });
});

describe("rasterRow", () => {
  const paint = (
    values: readonly number[],
    width: number,
    more: Record<string, readonly (readonly number[])[]> = {},
  ) => {
    const series = seriesValues(["a"], [values], more);
    const columns = columnPixels(extents(series.x, "step"), [0, values.length * 10], width);
    const line = new Uint32Array(width);
    return { line, stretches: rasterRow(rowColours(series, 0, "mean", scale), columns, line) };
  };
  it("paints values in the colours of the scale", () => {
    const { line, stretches } = paint([0, 1], 4);
    expect([...line].map(rgb)).toEqual([PALETTE[0], PALETTE[0], PALETTE[255], PALETTE[255]]);
    expect(stretches).toEqual([]);
  });
  it("leaves NaN, infinity and missing to patterns, and joins neighbours", () => {
    const { line, stretches } = paint([NaN, NaN, Infinity, 0], 4, { count: [[1, 1, 1, 0]] });
    expect([...line]).toEqual([0, 0, 0, 0]);
    expect(stretches).toEqual([
      { filling: "nan", left: 0, right: 2 },
      { filling: "inf", left: 2, right: 3 },
      { filling: "missing", left: 3, right: 4 },
    ]);
  });
  it("marks a finite cell that was not finite throughout", () => {
    const { line, stretches } = paint([1, 1], 2, { count: [[9, 9]], nonfinite: [[0, 2]] });
    expect(rgb(line[1]!)).toEqual(PALETTE[255]);
    expect(stretches).toEqual([{ filling: "partial", left: 1, right: 2 }]);
  });
  it("never loses a spike or a NaN between neighbours that share a pixel", () => {
    const values = Array.from({ length: 40 }, (_, i): number => (i === 13 ? 1 : 0));
    expect([...paint(values, 10).line].map(rgb)).toContainEqual(PALETTE[255]);
    values[13] = NaN;
    expect(paint(values, 10).stretches.map(({ filling }) => filling)).toEqual(["nan"]);
  });
});

import { describe, expect, it } from "vitest";
import { colourOf, fitScale, heldScale, SPECIAL } from "../../src/charts/colour";
import { PALETTE } from "../../src/charts/palettes";

describe("fitScale", () => {
  it("holds all values, and clips nothing", () => {
    const scale = fitScale("linear", [
      [1, 5],
      [NaN, 3, Infinity],
    ]);
    expect(scale).toMatchObject({ domain: [1, 5], clippedLow: false, clippedHigh: false });
  });
  it("leaves the dark end of a log scale to zero, and says so", () => {
    const scale = fitScale("log", [[0, 1, 10]]);
    expect(scale).toMatchObject({ domain: [0.5, 10], belowLog: "zero", only: null });
    expect(fitScale("log", [[-1, 0, 1]]).belowLog).toBe("negative");
    expect(fitScale("log", [[0]]).belowLog).toBe("zero");
    expect(colourOf(scale, "value", 0)).not.toEqual(colourOf(scale, "value", 1));
  });
  it("knows when there is but one value", () => {
    expect(fitScale("linear", [[0, 0], [0]]).only).toBe(0);
    expect(fitScale("log", [[2, 2]]).only).toBe(2);
    expect(fitScale("log", [[0, 2]]).only).toBeNull();
    expect(fitScale("linear", [[1, 2]]).only).toBeNull();
  });
  it("keeps to the bulk where the ends are astronomically far, and says so", () => {
    const values = [1e-30, ...Array.from({ length: 200 }, (_, i) => 1 + i / 100), 1e30];
    const scale = fitScale("log", [values]);
    expect(scale.domain[1]).toBeLessThan(10);
    expect(scale).toMatchObject({ clippedLow: true, clippedHigh: true });
  });
  it("puts a single value in the middle", () => {
    expect(fitScale("linear", [[4, 4]]).share(4)).toBeCloseTo(0.5);
    expect(fitScale("log", [[4]]).share(4)).toBeCloseTo(0.5);
  });
  it("puts zero throughout at the dark end", () => {
    expect(fitScale("linear", [[0, 0]])).toMatchObject({ domain: [0, 1] });
  });
  it("survives having no value at all", () => {
    expect(fitScale("log", [[NaN]]).domain).toEqual([0.1, 1]);
  });
});

describe("colourOf", () => {
  it("gives values beyond a held scale the colours of its ends", () => {
    const scale = heldScale("linear", 0, 1);
    expect(colourOf(scale, "value", 7)).toEqual(PALETTE[255]);
    expect(colourOf(scale, "value", -7)).toEqual(PALETTE[0]);
    expect(colourOf(scale, "nan", NaN)).toEqual(SPECIAL.nan);
  });
});

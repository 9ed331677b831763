import { describe, expect, it } from "vitest";
import {
  colourOf,
  fitScale,
  fixedScale,
  PALETTE,
  SPECIAL,
  type Rgb,
} from "../../src/charts/colour";

/** Relative luminance (WCAG). */
function luminance([r, g, b]: Rgb): number {
  const linear = (c: number) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

const distance = (a: Rgb, b: Rgb): number => Math.hypot(...a.map((c, i) => c - b[i]!));

describe("PALETTE", () => {
  it("is viridis", () => {
    // matplotlib's own values at 0, 0.5 and 1.
    expect(distance(PALETTE[0]!, [68, 1, 84])).toBeLessThan(6);
    expect(distance(PALETTE[128]!, [33, 145, 140])).toBeLessThan(6);
    expect(distance(PALETTE[255]!, [253, 231, 37])).toBeLessThan(6);
  });
  it("gets lighter all the way, so that it reads in grey", () => {
    const light = PALETTE.map(luminance);
    expect(light.slice(1).every((value, i) => value > light[i]! - 0.002)).toBe(true);
  });
  it("does not hold the colours of NaN and the infinities", () => {
    for (const special of [SPECIAL.nan, SPECIAL.inf, SPECIAL["-inf"]])
      expect(Math.min(...PALETTE.map((colour) => distance(colour, special)))).toBeGreaterThan(60);
  });
});

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
    expect(scale).toMatchObject({ domain: [0.5, 10], clippedLow: true, only: null });
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
  it("gives values beyond a fixed scale the colours of its ends", () => {
    const scale = fixedScale("linear", 0, 1);
    expect(colourOf(scale, "value", 7)).toEqual(PALETTE[255]);
    expect(colourOf(scale, "value", -7)).toEqual(PALETTE[0]);
    expect(colourOf(scale, "nan", NaN)).toEqual(SPECIAL.nan);
  });
});

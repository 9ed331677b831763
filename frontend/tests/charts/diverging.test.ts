import { describe, expect, it } from "vitest";
import { divergingTicks, fitDiverging, formatDifference } from "../../src/charts/diverging";

describe("fitDiverging", () => {
  it("has zero in the middle, and both sides equally far", () => {
    const scale = fitDiverging(
      "difference",
      [
        [-1, 4],
        [NaN, 2],
      ],
      false,
    );
    expect(scale.domain).toEqual([-4, 4]);
    expect(scale.share(0)).toBe(0.5);
  });
  it("says that values lie beyond", () => {
    expect(fitDiverging("ratio", [[0.5, Infinity]], false)).toMatchObject({
      domain: [-0.5, 0.5],
      clippedHigh: true,
    });
  });
  it("does not make much of runs that hardly differ", () => {
    expect(fitDiverging("ratio", [[1e-6]], false).domain[1]).toBeCloseTo(Math.log10(1.1));
    expect(fitDiverging("difference", [[0]], false).domain).toEqual([-1, 1]);
  });
});

describe("a ratio", () => {
  it("is written as a factor", () => {
    expect(formatDifference("ratio", 1)).toBe("×10");
    expect(formatDifference("ratio", -1)).toBe("×0.1");
    expect(formatDifference("ratio", -Infinity)).toBe("×0");
    expect(formatDifference("ratio", Infinity)).toBe("×∞");
    expect(formatDifference("difference", 2)).toBe("+2");
    expect(formatDifference("difference", -2)).toBe("−2");
  });
  it("has round factors beside its scale, both ways", () => {
    const texts = (reach: number) => {
      const scale = fitDiverging("ratio", [[reach]], false);
      return divergingTicks("ratio", scale, 5).map((tick) => formatDifference("ratio", tick, 2));
    };
    expect(texts(Math.log10(8))).toEqual(["×0.33", "×1", "×3"]);
    expect(texts(3)).toEqual(["×0.01", "×1", "×100"]);
  });
});

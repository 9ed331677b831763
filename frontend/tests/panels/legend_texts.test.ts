import { describe, expect, it } from "vitest";
import { fitScale, heldScale } from "../../src/charts/colour";
import { differenceLegend, plainLegend } from "../../src/panels/legend_texts";

const ends = (scale: ReturnType<typeof fitScale>) =>
  plainLegend
    .texts(scale, 4)
    .slice(0, 2)
    .map(({ text }) => text);

describe("plainLegend", () => {
  it("writes zero at the dark end of a log scale that zeros use as well", () => {
    const scale = fitScale("log", [[0, 1e-3, 10]]);
    expect(ends(scale)).toEqual(["10", "0"]);
    expect(plainLegend.explain(scale)).toContain("The darkest colour is zero");
    expect(ends(fitScale("log", [[-1, 1, 10]]))[1]).toBe("≤ 0");
  });
  it("says at held ends that values may lie beyond", () => {
    expect(ends(heldScale("linear", 0, 5))).toEqual(["≥5", "≤0"]);
  });
  it("writes a single value once", () => {
    expect(plainLegend.texts(fitScale("linear", [[3]]), 4)).toEqual([{ at: 0.5, text: "3" }]);
  });
});

describe("differenceLegend", () => {
  it("says which run is which colour", () => {
    const text = differenceLegend("ratio", "a", "b").explain(fitScale("linear", [[0]]));
    expect(text).toBe("a divided by b: orange where a is larger, blue where b is.");
  });
});

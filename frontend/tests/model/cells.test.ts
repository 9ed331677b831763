import { describe, expect, it } from "vitest";
import { cellAt, classify, isPartial } from "../../src/model/cells";
import { seriesValues } from "../examples";

const series = seriesValues(["a"], [[1, NaN, 0, Infinity, 2]], {
  max: [[3, NaN, 0, Infinity, 5]],
  count: [[10, 10, 0, 10, 10]],
  nonfinite: [[0, 10, 0, 10, 1]],
  first_nonfinite: [[-1, 0, -1, 2, 4]],
});

describe("classify", () => {
  it("tells missing from NaN, and NaN from the infinities", () => {
    expect(classify(NaN, 0)).toBe("missing");
    expect(classify(0, 0)).toBe("missing");
    expect(classify(NaN, 1)).toBe("nan");
    expect(classify(Infinity, 1)).toBe("inf");
    expect(classify(-Infinity, 1)).toBe("-inf");
    expect(classify(0, 1)).toBe("value");
  });
});

describe("cellAt", () => {
  it("says at which step the first non-finite value was seen", () => {
    expect(cellAt(series, 0, 3, "mean")).toMatchObject({ class: "inf", nonfiniteStep: 33 });
    expect(cellAt(series, 0, 0, "mean")?.nonfiniteStep).toBeNull();
  });
  it("paints the statistic asked for", () => {
    expect(cellAt(series, 0, 0, "max")?.value).toBe(3);
  });
  it("marks a finite cell with non-finite measurements", () => {
    const cell = cellAt(series, 0, 4, "mean");
    expect(cell && isPartial(cell.class, cell.nonfinite)).toBe(true);
    expect(isPartial("nan", 3)).toBe(false);
  });
  it("is null outside", () => {
    expect(cellAt(series, 1, 0, "mean")).toBeNull();
    expect(cellAt(series, 0, 5, "mean")).toBeNull();
  });
});

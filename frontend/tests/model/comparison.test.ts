import { describe, expect, it } from "vitest";
import { decodeRuns } from "../../src/api/decode";
import {
  bestAndLast,
  bestOf,
  lessIsBetter,
  pickFigure,
  sortRuns,
  type Comparison,
} from "../../src/model/comparison";
import { seriesValues, summaryJson } from "../examples";

describe("the figure compared", () => {
  it("is a validation figure if there is one, and not the loss", () => {
    expect(pickFigure(["loss", "accuracy", "val_loss", "val_accuracy"])).toBe("val_accuracy");
    expect(pickFigure(["loss", "val_loss"])).toBe("val_loss");
    expect(pickFigure(["loss"])).toBe("loss");
    expect(pickFigure([])).toBeNull();
  });
  it("is best where it is least, for a cost", () => {
    expect([lessIsBetter("val_loss"), lessIsBetter("val_accuracy")]).toEqual([true, false]);
    const series = seriesValues(["x"], [[0.5, 0.9, NaN]]);
    expect(bestAndLast(series, 0, "val_accuracy")[0]).toBeCloseTo(0.9);
    expect(bestAndLast(series, 0, "val_loss")).toEqual([0.5, NaN]);
  });
});

describe("bestOf", () => {
  it("goes the way of the figure, over the runs that have it", () => {
    const summary = decodeRuns({ runs: [summaryJson({})] })[0]!;
    const runs = [0.7, null, 0.9].map((best, i) => ({
      run: `${i}`,
      summary,
      learningRates: [],
      best,
      last: best,
    }));
    expect(bestOf({ figure: "val_accuracy", runs })).toBe(0.9);
    expect(bestOf({ figure: "val_loss", runs })).toBe(0.7);
    expect(bestOf({ figure: null, runs })).toBeNull();
  });
});

describe("sortRuns", () => {
  const run = (name: string, learningRates: number[], last: number | null) => ({
    run: name,
    summary: decodeRuns({ runs: [summaryJson({ run: name })] })[0]!,
    learningRates,
    best: null,
    last,
  });
  const comparison: Comparison = {
    figure: "val_accuracy",
    runs: [run("a", [0.01], 0.4), run("b", [], 0.9), run("c", [0.01, 0.1], NaN)],
  };
  const sorted = (...how: [Parameters<typeof sortRuns>[1], boolean]) =>
    sortRuns(comparison, ...how)
      .map((item) => item.run)
      .join("");
  it("goes by learning rate, runs without one last", () => {
    expect(sorted("learningRate", true)).toBe("cab");
    expect(sorted("learningRate", false)).toBe("acb");
  });
  it("tells runs of one highest rate apart by the last one", () => {
    const runs = [run("a", [0.1], 0), run("b", [0.1, 0.01], 0), run("c", [0.1, 0.05], 0)];
    const names = sortRuns({ figure: null, runs }, "learningRate", true).map((item) => item.run);
    expect(names.join("")).toBe("acb");
  });
  it("counts NaN as the worst", () => {
    expect(sorted("last", true)).toBe("bac");
  });
});

import { describe, expect, it } from "vitest";
import { summarise } from "../../src/model/summary_rows";
import { seriesValues } from "../examples";

describe("summarise", () => {
  const series = seriesValues(
    ["a", "b", "c"],
    [
      [1, NaN, NaN, 4],
      [2, 5, NaN, 9],
      [99, 99, 99, 99],
    ],
    {
      count: [
        [10, 10, 10, 0],
        [10, 10, 10, 0],
        [10, 10, 10, 10],
      ],
      nonfinite: [
        [0, 10, 10, 0],
        [1, 0, 10, 0],
        [0, 0, 0, 0],
      ],
    },
  );
  const { series: one, largest } = summarise(series, "model", [0, 1], "mean");
  const row = (name: string) => [...one.statistics.get(name)!];

  it("takes the largest finite value, and knows whose it is", () => {
    expect(row("mean").slice(0, 2)).toEqual([2, 5]);
    expect([...largest]).toEqual([1, 1, -1, -1]);
    expect(one.rows).toEqual(["model"]);
  });
  it("is NaN only where no row has a finite value", () => {
    expect(row("mean")[2]).toBeNaN();
    expect(row("nonfinite")).toEqual([1, 10, 20, 0]);
  });
  it("is missing only where no row was measured", () => {
    expect(row("count")).toEqual([20, 20, 20, 0]);
  });
  it("takes what was measured where others were not", () => {
    const mixed = summarise(series, "model", [0, 2], "mean");
    expect([...mixed.series.statistics.get("mean")!]).toEqual([99, 99, 99, 99]);
  });
  it("of differences takes the one that is largest whichever way it goes", () => {
    const differences = seriesValues(
      ["a", "b"],
      [
        [1, -1, 3],
        [-2, 0.5, NaN],
      ],
    );
    const found = summarise(differences, "model", [0, 1], "mean", "size");
    expect([...found.series.statistics.get("mean")!]).toEqual([-2, -1, 3]);
    expect([...found.largest]).toEqual([1, 0, 0]);
  });
});

import { describe, expect, it } from "vitest";
import type { SeriesValues } from "../../src/api/types";
import {
  BEYOND,
  DIFFERENCE,
  differ,
  differenceOf,
  readingsAt,
  rowSizes,
  withBothSides,
} from "../../src/model/difference";
import { seriesValues } from "../examples";

const values = ({ values: found }: { readonly values: SeriesValues }) => [
  ...found.statistics.get(DIFFERENCE)!,
];
const counts = ({ values: found }: { readonly values: SeriesValues }) => [
  ...found.statistics.get("count")!,
];

/** Windows of five steps instead of ten. */
function finer(rows: readonly string[], mean: readonly (readonly number[])[]): SeriesValues {
  const series = seriesValues(rows, mean);
  const halved = (steps: Float64Array, add: number) => steps.map((step) => (step - add) / 2 + add);
  return {
    ...series,
    x: {
      ...series.x,
      firstStep: halved(series.x.firstStep, 1),
      lastStep: halved(series.x.lastStep, 0),
      epochStart: series.x.epochStart.map((epoch) => epoch / 2),
      epochEnd: series.x.epochEnd.map((epoch) => epoch / 2),
    },
  };
}

describe("differ", () => {
  it("subtracts cell by cell where the windows agree", () => {
    const first = seriesValues(
      ["a", "b"],
      [
        [5, 7],
        [1, 1],
      ],
    );
    const second = seriesValues(
      ["b", "a"],
      [
        [3, 0],
        [2, 9],
      ],
    );
    const found = differ(first, second, "step", "mean", "difference");
    expect(found.values.rows).toEqual(["a", "b"]);
    expect(values(found)).toEqual([3, -2, -2, 1]);
  });
  it("cuts the axis at the windows of both, and takes each value as it is", () => {
    const coarse = seriesValues(["a"], [[10, 20]]);
    const found = differ(coarse, finer(["a"], [[1, 2, 3, 4]]), "step", "mean", "difference");
    expect([...found.values.x.firstStep]).toEqual([1, 6, 11, 16]);
    expect([...found.values.x.lastStep]).toEqual([5, 10, 15, 20]);
    expect(values(found)).toEqual([9, 8, 17, 16]);
  });
  it("is missing where only one of the two was measured", () => {
    const long = seriesValues(["a"], [[1, 2, 3]]);
    const short = seriesValues(["a"], [[1, 1]]);
    const found = differ(long, short, "epoch", "mean", "difference");
    expect(counts(found)).toEqual([1, 1, 0]);
    expect(found.values.x.epochEnd.at(-1)).toBe(0.75);
    const gapped = seriesValues(["a"], [[1, 2, 3]], { count: [[1, 0, 1]] });
    expect(counts(differ(long, gapped, "epoch", "mean", "difference"))).toEqual([1, 0, 1]);
  });
  it("has no value where one of the two is not finite, which is not the same as missing", () => {
    const first = seriesValues(["a"], [[NaN, Infinity, 3]]);
    const second = seriesValues(["a"], [[1, Infinity, NaN]]);
    const found = differ(first, second, "step", "mean", "difference");
    expect(values(found)).toEqual([NaN, NaN, NaN]);
    expect(counts(found)).toEqual([1, 1, 1]);
    expect(readingsAt(found, 0, 2, "mean").map(({ kind }) => kind)).toEqual(["value", "nan"]);
  });
  it("names rows that only one has", () => {
    const found = differ(
      seriesValues(["a", "x"], [[1], [1]]),
      seriesValues(["a", "y"], [[1], [1]]),
      "step",
      "mean",
      "difference",
    );
    expect(found.values.rows).toEqual(["a"]);
    expect(found.lone).toEqual([["x"], ["y"]]);
  });
  it("tells a ratio by its logarithm, and zero as the end of the scale", () => {
    const found = differ(
      seriesValues(["a"], [[100, 1, 0, 0]]),
      seriesValues(["a"], [[1, 10, 5, 0]]),
      "step",
      "mean",
      "ratio",
    );
    const [more, less, nothing, both] = values(found);
    expect(more).toBeCloseTo(2);
    expect(less).toBeCloseTo(-1);
    expect(nothing).toBe(Math.fround(-BEYOND));
    expect(both).toBe(0);
  });
});

describe("differenceOf", () => {
  it("knows no ratio of a negative number", () => {
    expect(differenceOf("ratio", -1, 2)).toBeNaN();
    expect(differenceOf("ratio", 3, 0)).toBe(Infinity);
    expect(differenceOf("difference", -1, 2)).toBe(-3);
  });
});

describe("a difference", () => {
  const found = differ(
    seriesValues(
      ["a", "b"],
      [
        [1, 2],
        [9, NaN],
      ],
    ),
    seriesValues(
      ["a", "b"],
      [
        [1, 5],
        [4, 1],
      ],
    ),
    "epoch",
    "mean",
    "difference",
  );
  it("ranks rows by how much they differ, whichever way", () => {
    expect([...rowSizes(found)]).toEqual([3, 5]);
  });
  it("is saved with what both have", () => {
    const { statistics, x } = withBothSides(found, "mean");
    expect([...statistics.keys()]).toEqual(["first", "second", "difference", "count"]);
    expect([...statistics.get("second")!]).toEqual([1, 5, 4, 1]);
    expect([...x.firstStep]).toEqual([1, 11]);
  });
});

import { describe, expect, it } from "vitest";
import { decodeRun } from "../../src/api/decode";
import { largestOf, rankOver } from "../../src/model/row_ranks";
import { onsetJson, runJson, seriesValues } from "../examples";

const first = seriesValues(
  ["a", "b", "c"],
  [
    [1, NaN],
    [2, 3],
    [9, 9],
  ],
  {
    count: [
      [1, 1],
      [1, 1],
      [0, 0],
    ],
  },
);

describe("largestOf", () => {
  it("takes what was measured, and knows nothing of a row without a value", () => {
    expect([...largestOf(first, "mean")]).toEqual([1, 3, NaN]);
  });
});

describe("rankOver", () => {
  const second = seriesValues(
    ["a", "b"],
    [
      [7, 1],
      [1, 1],
    ],
  );
  const onsets = decodeRun(
    runJson({ onsets: [onsetJson({ row: "b", step: 9 }), onsetJson({ row: "b", step: 4 })] }),
  ).onsets;
  it("is the same for all runs that are shown", () => {
    const rank = rankOver(
      [
        { series: first, onsets: [] },
        { series: second, onsets },
      ],
      "largest",
      "mean",
    );
    expect([rank("a"), rank("b"), rank("c")]).toEqual([7, 3, NaN]);
  });
  it("is the step of the first onset", () => {
    const rank = rankOver([{ series: first, onsets }], "onset", "mean");
    expect([rank("a"), rank("b")]).toEqual([NaN, 4]);
  });
});

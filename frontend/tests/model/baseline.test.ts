import { describe, expect, it } from "vitest";
import { decodeRun } from "../../src/api/decode";
import { baselineOf, baselineUntil, firstTrouble } from "../../src/model/baseline";
import { onsetJson, runJson, seriesValues } from "../examples";

const onsets = (list: readonly Record<string, unknown>[]) =>
  decodeRun(runJson({ onsets: list.map((item) => onsetJson(item)) })).onsets;

// Windows of ten steps: the eighth ends at step 80.
const series = seriesValues(["a"], [[1, 3, 2, NaN, 4, 5, 900, 900]]);

describe("baselineOf", () => {
  it("is the median and its spread of what came before the first onset", () => {
    const found = baselineOf(series, 0, "mean", onsets([{ step: 61 }]))!;
    // Of 1, 2, 3, 4, 5: the median is 3, the absolute deviations 0, 1, 1, 2, 2.
    expect(found.median).toBe(3);
    expect(found.spread).toBeCloseTo(1.4826);
    expect(found).toMatchObject({ windows: 5, until: 61 });
  });
  it("is not fed with the window that the onset lies in", () => {
    expect(baselineUntil(series, 0, "mean", 65)?.windows).toBe(5);
    expect(baselineUntil(series, 0, "mean", 71)?.windows).toBe(6);
  });
  it("is of the whole run where nothing was found", () => {
    expect(baselineOf(series, 0, "mean", [])).toMatchObject({ median: 4, until: null });
  });
  it("is none of too few windows", () => {
    expect(baselineOf(series, 0, "mean", onsets([{ step: 31 }]))).toBeNull();
  });
  it("does not count what was not measured", () => {
    const gapped = seriesValues(["a"], [[1, 1, 1, 1, 1, 7]], { count: [[1, 1, 1, 1, 1, 0]] });
    expect(baselineUntil(gapped, 0, "mean", null)?.windows).toBe(5);
  });
  it("does not end at what is only noted", () => {
    expect(firstTrouble(onsets([{ step: 5, severity: "info" }, { step: 9 }]))).toBe(9);
    expect(firstTrouble(onsets([{ step: 5, severity: "info" }]))).toBeNull();
  });
});

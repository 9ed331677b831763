import { describe, expect, it } from "vitest";
import {
  ContractError,
  decodeFloat32,
  decodeNumber,
  decodeRun,
  decodeRuns,
  decodeSeries,
} from "../../src/api/decode";
import { moodOf, statusText, verdict } from "../../src/model/verdict";
import { encodeFloat32, infoJson, runJson, seriesJson, summaryJson, type Json } from "../examples";

describe("decodeNumber", () => {
  it("reads what JSON cannot express", () => {
    expect(decodeNumber("NaN")).toBeNaN();
    expect(decodeNumber("Infinity")).toBe(Infinity);
    expect(decodeNumber("-Infinity")).toBe(-Infinity);
    expect(decodeNumber(-0.5)).toBe(-0.5);
  });
  it("refuses numbers in disguise", () => {
    expect(() => decodeNumber("3")).toThrow(ContractError);
    expect(() => decodeNumber(null)).toThrow(ContractError);
  });
});

describe("decodeFloat32", () => {
  it("reads the example of http_api.md, little-endian", () => {
    expect([...decodeFloat32("AACAPwAAAEAAAEBAAACAQA==")]).toEqual([1, 2, 3, 4]);
    expect([...decodeFloat32("AIA7RACAO0QAgDtEAIA7RA==")]).toEqual([750, 750, 750, 750]);
  });
  it("keeps NaN and both infinities apart", () => {
    const values = decodeFloat32(encodeFloat32([NaN, Infinity, -Infinity, 0]));
    expect([...values]).toEqual([NaN, Infinity, -Infinity, 0]);
  });
  it("refuses half a value", () => {
    expect(() => decodeFloat32("AACA")).toThrow(ContractError);
  });
});

describe("decodeRuns", () => {
  it("reads a summary, and keeps a missing figure missing", () => {
    const [run] = decodeRuns({ runs: [summaryJson({ learning_rate: null })] });
    expect(run).toMatchObject({ run: "a/b", status: "finished", learningRate: null });
    expect(run?.firstOnset).toMatchObject({ kind: "exploding_gradient", epoch: 9, step: 676 });
  });
  it("takes a status of the future for unknown", () => {
    expect(decodeRuns({ runs: [summaryJson({ status: "paused" })] })[0]?.status).toBe("unknown");
  });
});

describe("a run that is not judged yet", () => {
  const unknown = {
    status: null,
    epochs: null,
    steps: null,
    last_wall_time: null,
    revision: null,
    judgement: "pending",
    severity: null,
    first_onset: null,
    learning_rate: null,
  };
  it("has a name, and neither a verdict nor data", () => {
    const [run] = decodeRuns({ runs: [summaryJson(unknown)] });
    expect(run).toMatchObject({ run: "a/b", judgement: "pending", revision: "" });
    expect(moodOf(run!)).toBe("pending");
    expect(verdict(run!)).toBe("judging …");
    expect(statusText(run!, 0)).toBe("");
  });
  it("is not the same as a run without numbers", () => {
    const json = summaryJson({ ...unknown, judgement: "current" });
    expect(() => decodeRuns({ runs: [json] })).toThrow(ContractError);
  });
});

describe("decodeRun", () => {
  it("keeps evidence that it does not know, in order, with non-finite values", () => {
    const [onset] = decodeRun(runJson()).onsets;
    expect([...(onset?.evidence ?? [])]).toEqual([
      ["tag", "stability/gradient_norm"],
      ["value", Infinity],
      ["baseline", null],
      ["patience", 5],
      ["windows", "[1,2]"],
    ]);
  });
});

describe("a run that is read in part", () => {
  it("has series whose windows are not known yet", () => {
    const { series } = decodeRun(runJson({ series: [infoJson(), infoJson({ windows: null })] }));
    expect(series.map(({ windows }) => windows)).toEqual([3, null]);
  });
});

describe("decodeSeries", () => {
  it("reads places and values", () => {
    const series = decodeSeries(
      seriesJson(
        ["a", "b"],
        [
          [1, 2, 3],
          [4, NaN, 6],
        ],
      ),
    );
    expect(series.columns).toBe(3);
    expect([...series.x.lastStep]).toEqual([10, 20, 30]);
    expect([...(series.statistics.get("mean") ?? [])]).toEqual([1, 2, 3, 4, NaN, 6]);
  });
  it("takes one value for all where all are the same", () => {
    const json = seriesJson(
      ["a", "b"],
      [
        [1, 2],
        [3, 4],
      ],
    );
    const statistics = { ...(json["statistics"] as Json), nonfinite: encodeFloat32([7]) };
    const series = decodeSeries({ ...json, statistics });
    expect([...(series.statistics.get("nonfinite") ?? [])]).toEqual([7, 7, 7, 7]);
    expect([...(series.statistics.get("mean") ?? [])]).toEqual([1, 2, 3, 4]);
  });
  it("refuses an array of another shape", () => {
    const json = seriesJson(["a"], [[1, 2]]);
    const statistics = { mean: encodeFloat32([1, 2, 3]) };
    expect(() => decodeSeries({ ...json, statistics })).toThrow(/Expected 1 x 2 values of mean/);
    const none = { ...seriesJson([], []), columns: 0, statistics: { mean: encodeFloat32([1]) } };
    expect(() => decodeSeries(none)).toThrow(/Expected 0 x 0 values of mean/);
    expect(() => decodeSeries({ ...json, columns: 3 })).toThrow(/3 entries in x.first_step/);
  });
});

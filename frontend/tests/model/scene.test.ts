import { describe, expect, it } from "vitest";
import { decodeRun, decodeRuns } from "../../src/api/decode";
import { buildScene } from "../../src/model/scene";
import type { Client } from "../../src/api/client";
import { Library } from "../../src/state/library";
import { INITIAL_VIEW, type ViewState } from "../../src/state/view";
import { infoJson, onsetJson, runJson, seriesValues, summaryJson } from "../examples";

const never = () => Promise.reject(new Error("not asked"));
const client: Client = { runs: never, run: never, series: never, thresholds: never };

const log = (name: string) => ({
  ...infoJson({ view: "lines", quantity: "epoch_logs", rows: [name], row_group: name }),
  tag: `stability/epoch_logs/${name}`,
});

function scene(view: Partial<ViewState>, runs: Record<string, Record<string, unknown>>) {
  const library = new Library(client, () => undefined);
  library.runs = decodeRuns({ runs: Object.keys(runs).map((run) => summaryJson({ run })) });
  for (const [run, changes] of Object.entries(runs)) {
    const entry = library.entry(run);
    entry.detail = decodeRun(runJson({ run, ...changes }));
    const full = seriesValues(
      ["a", "b"],
      [
        [1, 2, 3, 4],
        [1, 2, 3, 4],
      ],
    );
    for (const { tag } of entry.detail.series)
      entry.series.set(tag, { full, detail: null, error: null });
  }
  return buildScene({ ...INITIAL_VIEW, runs: Object.keys(runs), ...view }, library);
}

describe("buildScene", () => {
  it("puts the loss on top, then families of logs, then heatmaps", () => {
    const series = [infoJson(), log("loss"), log("val_loss"), log("accuracy"), log("val_accuracy")];
    const panels = scene({}, { one: { series } }).runs[0]!.panels;
    expect(panels.map(({ kind, tag }) => [kind, tag])).toEqual([
      ["loss", "loss"],
      ["logs", "stability/epoch_logs/accuracy"],
      ["heatmap", "stability/gradient_norm"],
    ]);
  });
  it("opens the chosen row beneath its heatmap, and leaves hidden quantities out", () => {
    const row = { tag: "stability/gradient_norm", row: "b" };
    const kinds = (view: Partial<ViewState>) =>
      scene(view, { one: {} }).runs[0]!.panels.map(({ kind }) => kind);
    expect(kinds({ row })).toEqual(["heatmap", "row"]);
    expect(kinds({ row: { ...row, row: "none" } })).toEqual(["heatmap"]);
    expect(kinds({ row, hidden: ["gradient_norm"] })).toEqual([]);
  });
  it("says which quantity a run lacks that another has", () => {
    const { runs } = scene({}, { one: {}, two: { series: [] } });
    expect(runs[1]!.panels.map(({ kind, tag }) => [kind, tag])).toEqual([
      ["absent", "stability/gradient_norm"],
    ]);
  });
  it("puts a marker at the start of the window that holds its step", () => {
    const onsets = [onsetJson({ step: 15 }), onsetJson({ step: 21 })];
    const at = (axis: ViewState["axis"]) =>
      scene({ axis }, { one: { onsets } }).runs[0]!.markers.map(({ x }) => x);
    expect(at("step")).toEqual([10, 20]);
    expect(at("epoch")).toEqual([0.25, 0.5]);
  });
  it("spans all of the runs, from zero", () => {
    expect(scene({}, { one: {}, two: {} }).full).toEqual([0, 1]);
    expect(scene({ axis: "wall" }, { one: {} }).full).toEqual([999, 1003]);
    expect(scene({}, { one: { series: [] } }).full).toBeNull();
  });
  it("leaves out runs that are not there any more", () => {
    expect(scene({ runs: ["gone"] }, { one: {} }).runs).toEqual([]);
  });
});

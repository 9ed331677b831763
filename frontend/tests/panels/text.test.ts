import { describe, expect, it } from "vitest";
import { decodeRun, decodeRuns } from "../../src/api/decode";
import { badge, kindName, verdict } from "../../src/model/verdict";
import { consequencesOf, rootsOf } from "../../src/panels/findings";
import { moveBy } from "../../src/panels/keys";
import { evidenceLines, measuredAs } from "../../src/panels/evidence";
import { labelStride, labelText } from "../../src/panels/row_labels";
import { rowHeightFor } from "../../src/panels/row_scroller";
import { comparedWith, placeOf } from "../../src/panels/tips";
import {
  formatAgo,
  formatCount,
  formatNumber,
  formatPlain,
  formatTick,
  formatTicks,
} from "../../src/ui/format";
import { onsetJson, runJson, seriesValues, summaryJson } from "../examples";

const summary = (changes: Record<string, unknown>) =>
  decodeRuns({ runs: [summaryJson(changes)] })[0]!;

describe("verdict", () => {
  it("says since when and what, in the engine's words", () => {
    expect(verdict(summary({}))).toBe("diverged since epoch 9: exploding gradient");
    const spike = { kind: "loss_spike", epoch: 2, step: 5, row: null };
    expect(verdict(summary({ severity: "warning", first_onset: spike }))).toBe(
      "suspect since epoch 2: loss spike",
    );
    expect(verdict(summary({ severity: null, first_onset: null }))).toBe("stable, 20 epochs");
    expect(verdict(summary({ severity: null, first_onset: null, steps: 0 }))).toBe(
      "nothing recorded yet",
    );
  });
  it("says the engine's title inside a sentence", () => {
    const place = { kind: "k", epoch: 0, step: 1, row: null };
    const said = [
      "Exploding gradient",
      "Non-finite loss",
      "NaN in weights",
      "LSTM state",
      "Dead ReLU",
    ];
    expect(said.map((title) => kindName({ ...place, title }))).toEqual([
      "exploding gradient",
      "non-finite loss",
      "NaN in weights",
      "LSTM state",
      "dead ReLU",
    ]);
  });
  it("does not call a classifier at chance diverged", () => {
    const chance = { kind: "chance_accuracy", epoch: 0, step: 1, row: null };
    expect(badge(summary({ first_onset: chance }))).toBe("Unstable");
  });
});

describe("findings", () => {
  const markers = (causes: readonly (number | null)[]) =>
    decodeRun(
      runJson({ onsets: causes.map((cause, step) => onsetJson({ cause, step })) }),
    ).onsets.map((onset, index) => ({
      onset,
      index,
      x: 0,
      choice: { run: "a", kind: onset.kind, step: onset.step, row: onset.row },
    }));
  it("folds consequences, also of consequences, beneath their cause", () => {
    const list = markers([null, 0, 1, null, 2]);
    expect(rootsOf(list).map(({ index }) => index)).toEqual([0, 3]);
    expect(consequencesOf(list, 0).map(({ index }) => index)).toEqual([1, 2, 4]);
    expect(consequencesOf(list, 3)).toEqual([]);
  });
  it("shows an onset whose cause is not in the list", () => {
    expect(rootsOf(markers([null, 7])).map(({ index }) => index)).toEqual([0, 1]);
  });
});

describe("evidence", () => {
  const lines = (entries: Readonly<Record<string, number | string | null>>) =>
    evidenceLines(new Map(Object.entries(entries)));
  it("is told in plain words and numbers", () => {
    expect(
      lines({
        tag: "stability/gradient_norm",
        statistic: "max",
        rule: "leaves its baseline",
        value: 1.26e9,
        threshold: 8.9,
        baseline: 2.2,
        spread: 0.4,
      }),
    ).toEqual([
      ["seen", "1.26 billion"],
      ["compared with", "2.2 ± 0.4"],
      ["times as much", "570 million"],
      ["limit", "more than 8.9"],
      ["measured", "gradient norm, max of window"],
      ["rule", "leaves its baseline"],
    ]);
  });
  it("says which side of the limit is the wrong one", () => {
    expect(lines({ value: 0.13, baseline: 0.15, threshold: 0.23 })).toEqual([
      ["seen", "0.13"],
      ["compared with", "0.15"],
      ["limit", "less than 0.23"],
    ]);
  });
  it("leaves out what there is not, and keeps what it does not know", () => {
    expect(lines({ value: NaN, baseline: null, spread: null, share_of_units: 0.5 })).toEqual([
      ["seen", "NaN"],
      ["share of units", "0.5"],
    ]);
  });
  it("names what was measured as a reader would", () => {
    expect(measuredAs("stability/epoch_logs/val_loss", "value")).toBe("epoch logs · val loss");
    expect(measuredAs("stability/loss", "nonfinite")).toBe("loss");
  });
});

describe("moveBy", () => {
  const key = (name: string, shiftKey = false) => ({ key: name, shiftKey });
  it("moves cell by cell, and stops at the edges", () => {
    expect(moveBy(key("ArrowRight"), { row: 0, column: 3 }, 0, 9, 2)).toEqual({
      row: 0,
      column: 4,
    });
    expect(moveBy(key("ArrowRight", true), { row: 0, column: 3 }, 0, 9, 2)?.column).toBe(9);
    expect(moveBy(key("ArrowDown"), { row: 1, column: 3 }, 0, 9, 2)?.row).toBe(1);
    expect(moveBy(key("Home"), { row: 1, column: 7 }, 4, 9, 2)?.column).toBe(4);
  });
  it("starts at the first cell in sight, and leaves other keys alone", () => {
    expect(moveBy(key("ArrowRight"), null, 4, 9, 2)).toEqual({ row: 0, column: 4 });
    expect(moveBy(key("Tab"), null, 0, 9, 2)).toBeNull();
  });
});

describe("rows", () => {
  it("fit the height they are given, or scroll", () => {
    expect(rowHeightFor(96) * 96).toBeLessThanOrEqual(480);
    expect(rowHeightFor(200) * 200).toBeLessThanOrEqual(480);
    expect(rowHeightFor(1000)).toBe(3);
    expect(labelStride(22)).toBe(1);
    expect(labelStride(3) * 3).toBeGreaterThanOrEqual(13);
  });
  it("have each a label where there is room for it", () => {
    expect(labelStride(rowHeightFor(34))).toBe(1);
  });
  it("say what they stand for when folded", () => {
    expect(labelText({ name: "encoder", row: -1, members: [1, 2] })).toBe(
      "▸ encoder · largest of 2",
    );
  });
});

describe("comparedWith", () => {
  const baseline = { median: 2, spread: 0.4, windows: 9, until: 676 };
  it("tells a ratio where that means something", () => {
    expect(comparedWith(28, baseline)).toBe(
      "14× the row's baseline 2 ± 0.4 (its median before the first onset, step 676)",
    );
    expect(comparedWith(0, { ...baseline, until: null })).toBe(
      "2 below the row's baseline 2 ± 0.4 (its median)",
    );
    expect(comparedWith(0.38, { ...baseline, median: 0, spread: 0 })).toMatch(
      /^0.38 above the row's baseline 0 ± 0/,
    );
  });
  it("says that there is none", () => {
    expect(comparedWith(1, null)).toMatch(/^no baseline/);
  });
});

describe("format", () => {
  it("writes numbers as short as they are", () => {
    expect(formatNumber(0.123456)).toBe("0.1235");
    expect(formatNumber(1.5e-7)).toBe("1.5e−7");
    expect(formatNumber(-12)).toBe("−12");
    expect(formatNumber(NaN)).toBe("NaN");
    expect(formatNumber(-Infinity)).toBe("−Inf");
    expect(formatNumber(null)).toBe("–");
    expect(formatTick(1e-12)).toBe("10⁻¹²");
    expect(formatTick(100)).toBe("100");
    expect(formatTicks([0.1, 0.2])).toEqual(["0.1", "0.2"]);
    expect(formatTicks([0.6932, 0.6934])).toEqual(["0.6932", "0.6934"]);
    expect(formatTicks([0.001, 0.0015])).toEqual(["0.001", "0.0015"]);
    expect(formatTicks([1e-3, 1e-4])).toEqual(["10⁻³", "10⁻⁴"]);
    expect(formatTicks([1, 1])).toEqual(["1", "1"]);
    expect(formatCount(1234567)).toBe("1 234 567");
    expect(formatAgo(3600)).toBe("60 min ago");
  });
  it("writes numbers that are very large or very small in words", () => {
    const plain = [12.345, 0.0012, 2.12e9, 1.5e6, -3e13, 4.2e18, 3.1e-7, 0, NaN, Infinity];
    expect(plain.map((value) => formatPlain(value))).toEqual([
      "12.3",
      "0.0012",
      "2.12 billion",
      "1.5 million",
      "−30 trillion",
      "4.2 × 10¹⁸",
      "3.1 × 10⁻⁷",
      "0",
      "NaN",
      "+Inf",
    ]);
  });
  it("names the place of a column", () => {
    const series = seriesValues(["a"], [[1, 2]]);
    expect(placeOf(series, 1)).toMatch(/^epoch 0.25–0.5 · steps 11–20 · /);
  });
});

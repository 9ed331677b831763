import { describe, expect, it } from "vitest";
import { decodeRun } from "../../src/api/decode";
import {
  choose,
  isShown,
  quantitiesOf,
  seriesTitle,
  shownByDefault,
} from "../../src/model/quantities";
import { INITIAL_VIEW } from "../../src/state/view";
import { infoJson, onsetJson, runJson } from "../examples";

const info = (quantity: string, title: string, group = "", view = "heatmap") => {
  const tag = `stability/${quantity}${group && `/${group}`}`;
  return infoJson({ tag, quantity, title, row_group: group, view });
};

const MANY = [
  info("loss", "Loss", "", "lines"),
  info("epoch_logs", "Epoch logs", "accuracy", "lines"),
  info("learning_rate", "Learning rate", "", "lines"),
  info("gradient_norm", "Gradient norm"),
  info("cell_state", "Cell state"),
  info("cell_state", "Cell state", "lstm"),
  info("logits", "Largest logit", "max_abs", "lines"),
  info("logits", "Output entropy", "entropy", "lines"),
  info("dead_relu", "Dead ReLU units"),
  info("weight_norm", "Weight norm"),
];

const detail = (series: unknown[], onsets: unknown[] = []) =>
  decodeRun(runJson({ series, onsets }));
const shown = (run: ReturnType<typeof detail>, view = INITIAL_VIEW) => {
  const known = quantitiesOf(run.series);
  const byDefault = shownByDefault(known, [run]);
  return known.map(({ name }) => name).filter((name) => isShown(name, view, byDefault));
};

describe("quantities", () => {
  it("go by the title of their series, or by their name where it has several", () => {
    expect(quantitiesOf(detail(MANY).series).map(({ title }) => title)).toEqual([
      "Loss",
      "Epoch logs",
      "Gradient norm",
      "Cell state",
      "Logits",
      "Dead ReLU units",
      "Weight norm",
    ]);
  });
  it("are named in the titles of series that would be unclear without", () => {
    const { series } = detail(MANY);
    expect(series.slice(3).map((item) => seriesTitle(item, series))).toEqual([
      "Gradient norm",
      "Cell state",
      "Cell state · lstm",
      "Logits · largest logit",
      "Logits · output entropy",
      "Dead ReLU units",
      "Weight norm",
    ]);
  });
  it("are all shown where they are few", () => {
    expect(shown(detail(MANY.slice(0, 6)))).toHaveLength(4);
  });
  it("are else the usual ones and what the evidence names", () => {
    expect(shown(detail(MANY))).toEqual(["loss", "epoch_logs", "gradient_norm"]);
    const evidence = { tag: "stability/logits/entropy" };
    expect(shown(detail(MANY, [onsetJson({ evidence })]))).toEqual([
      "loss",
      "epoch_logs",
      "gradient_norm",
      "logits",
    ]);
  });
  it("are shown and hidden as the reader chooses", () => {
    const more = { ...INITIAL_VIEW, ...choose(INITIAL_VIEW, "weight_norm", true) };
    expect(shown(detail(MANY), more)).toContain("weight_norm");
    const less = { ...more, ...choose(more, "gradient_norm", false) };
    expect(shown(detail(MANY), less)).toEqual(["loss", "epoch_logs", "weight_norm"]);
    expect(choose(less, "weight_norm", false)).toEqual({
      hidden: ["gradient_norm", "weight_norm"],
      added: [],
    });
  });
});

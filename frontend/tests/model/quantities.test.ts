import { describe, expect, it } from "vitest";
import { decodeRun } from "../../src/api/decode";
import {
  choose,
  inOrderOfInterest,
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
/** Of a run beside two others, which is more than a screen holds. */
const shown = (run: ReturnType<typeof detail>, view = INITIAL_VIEW, beside = 2) => {
  const known = quantitiesOf(run.series);
  const others = Array.from({ length: beside }, () => detail(MANY));
  const byDefault = shownByDefault(known, [run, ...others]);
  const tags = run.series.filter((item) => isShown(item, view, byDefault));
  return known.map(({ name }) => name).filter((name) => tags.some((i) => i.quantity === name));
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
  it("are all shown of a run alone", () => {
    expect(shown(detail(MANY), INITIAL_VIEW, 0)).toHaveLength(7);
  });
  it("come with those first in which something was found", () => {
    const evidence = { tag: "stability/weight_norm" };
    const run = detail(MANY, [onsetJson({ evidence })]);
    const order = inOrderOfInterest(run.series, [run]).map(({ quantity }) => quantity);
    expect(order.filter((name, i) => order.indexOf(name) === i)).toEqual([
      "loss",
      "epoch_logs",
      "gradient_norm",
      "weight_norm",
      "learning_rate",
      "cell_state",
      "logits",
      "dead_relu",
    ]);
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
  it("show the one series that the evidence names, and not the others of its quantity", () => {
    const evidence = { tag: "stability/logits/entropy" };
    const run = detail(MANY, [onsetJson({ evidence })]);
    const byDefault = shownByDefault(quantitiesOf(run.series), [run, run, run]);
    const logits = run.series.filter(({ quantity }) => quantity === "logits");
    expect(logits.filter((item) => isShown(item, INITIAL_VIEW, byDefault))).toMatchObject([
      { tag: "stability/logits/entropy" },
    ]);
  });
  it("are shown and hidden series by series, until the whole quantity is chosen", () => {
    const [part] = quantitiesOf(detail(MANY).series).find(({ name }) => name === "logits")!.series;
    const tag = part!.tag;
    const one = choose(INITIAL_VIEW, tag, true);
    expect(isShown({ quantity: "logits", tag }, one, new Set())).toBe(true);
    expect(isShown({ quantity: "logits", tag: "other" }, one, new Set())).toBe(false);
    const without = choose({ hidden: [], added: ["logits"] }, tag, false);
    expect(isShown({ quantity: "logits", tag }, without, new Set())).toBe(false);
    expect(isShown({ quantity: "logits", tag: "other" }, without, new Set())).toBe(true);
    const whole = choose(without, "logits", true, [part!]);
    expect(whole).toEqual({ hidden: [], added: ["logits"] });
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

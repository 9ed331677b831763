import { describe, expect, it } from "vitest";
import { decodeThresholds } from "../../src/api/decode";
import {
  changedOnly,
  changeText,
  hintText,
  readThreshold,
  refusals,
  refusedName,
  thresholdName,
  withThreshold,
} from "../../src/model/thresholds";

const KNOWN = decodeThresholds({
  thresholds: [
    { name: "spikes", default: 3, least: 1, integer: true, description: "So many. Default 3." },
    {
      name: "gradient_factor",
      default: 3.0,
      least: 1.0,
      integer: false,
      description: "As `loss_giveback`, a factor. Default 3: healthy norms vary.",
    },
  ],
});
const [SPIKES, FACTOR] = [KNOWN[0]!, KNOWN[1]!];

describe("thresholds", () => {
  it("are named and explained in words", () => {
    expect(thresholdName("gradient_factor")).toBe("Gradient factor");
    expect(hintText(SPIKES)).toBe("So many.");
    expect(hintText(FACTOR)).toBe("As “loss giveback”, a factor. Default 3: healthy norms vary.");
  });
  it("keep only what is other than the default", () => {
    expect(withThreshold({ spikes: 5 }, FACTOR, 10)).toEqual({ spikes: 5, gradient_factor: 10 });
    expect(withThreshold({ spikes: 5 }, SPIKES, 3)).toEqual({});
    expect(withThreshold({ spikes: 5 }, SPIKES, null)).toEqual({});
    expect(changedOnly({ spikes: 3, gradient_factor: 4, other: 1 }, KNOWN)).toEqual({
      gradient_factor: 4,
      other: 1,
    });
  });
  it("tell an empty input from a number and from what is none", () => {
    expect(["", " 2.5 ", "1e9", "0,5", "-1", "many", "1e999"].map(readThreshold)).toEqual([
      null,
      2.5,
      1e9,
      0.5,
      -1,
      undefined,
      undefined,
    ]);
  });
  it("find the input that a refusal speaks of", () => {
    const sentence = "The threshold spikes is 0; expected an integer of at least 1.";
    expect(refusedName(sentence, KNOWN)).toBe("spikes");
    expect(refusedName("There is no threshold 'x'. The thresholds are: spikes.", KNOWN)).toBeNull();
  });
  it("say what was changed", () => {
    expect(changeText({}, KNOWN)).toBeNull();
    expect(changeText({ gradient_factor: 3 }, KNOWN)).toBeNull();
    expect(changeText({ gradient_factor: 1e9 }, KNOWN)).toBe(
      "Judged with a changed threshold: gradient factor 1e9 instead of 3.",
    );
    expect(changeText({ gradient_factor: 5, spikes: 1 }, KNOWN)).toMatch(/^Judged with changed/);
  });
});

describe("refusals", () => {
  it("names every wrong one, in the route's words", () => {
    const wrong = refusals({ spikes: 0.5, gradient_factor: -1, gradient_fctor: 5 }, KNOWN);
    expect([...wrong]).toEqual([
      ["spikes", "The threshold spikes is 0.5; expected an integer of at least 1."],
      ["gradient_factor", "The threshold gradient_factor is -1; expected a number of at least 1."],
      ["gradient_fctor", "There is no threshold 'gradient_fctor'."],
    ]);
  });
  it("leaves the others alone", () => {
    expect(refusals({ spikes: 4, gradient_factor: 2.5 }, KNOWN).size).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { gutterFor } from "../../src/panels/stage_width";

describe("the gutter of row names", () => {
  it("is as wide as the longest name, within reason", () => {
    expect(gutterFor(["lstm", "dense"], 900)).toBe(96);
    expect(gutterFor(["lstm", "layer_normalization_1"], 900)).toBe(142);
    expect(gutterFor(["x".repeat(80)], 2000)).toBe(190);
    expect(gutterFor(["x".repeat(80)], 600)).toBe(132);
    expect(gutterFor(["x".repeat(80)], 0)).toBe(96);
  });
});

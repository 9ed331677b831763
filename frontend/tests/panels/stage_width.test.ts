import { describe, expect, it } from "vitest";
import { gutterFor } from "../../src/panels/stage_width";

describe("the gutter of row names", () => {
  it("is as wide as the longest name, within reason", () => {
    expect(gutterFor(5, 900)).toBe(96);
    expect(gutterFor("layer_normalization_1".length, 900)).toBe(142);
    expect(gutterFor(80, 2000)).toBe(190);
    expect(gutterFor(80, 600)).toBe(132);
    expect(gutterFor(80, 0)).toBe(96);
  });
});

import { describe, expect, it } from "vitest";
import { stackUp } from "../../src/charts/stacks";

const standing = (x: number, rank: number) => ({ id: `${x}:${rank}`, x, rank });

describe("stackUp", () => {
  it("gathers markers at one place, the cause first", () => {
    const [stack, ...others] = stackUp([standing(100, 3), standing(100, 1), standing(104, 0)]);
    expect(stack).toEqual({ ids: ["104:0", "100:1", "100:3"], x: 104 });
    expect(others).toEqual([]);
  });
  it("keeps apart what stands apart, and never chains a whole row of them into one", () => {
    const stacks = stackUp([0, 8, 16, 24, 32].map((x) => standing(x, x)));
    expect(stacks.map(({ ids }) => ids.length)).toEqual([2, 2, 1]);
    expect(stackUp([standing(0, 0), standing(11, 0)])).toHaveLength(2);
  });
});

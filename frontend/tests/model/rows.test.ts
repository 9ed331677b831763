import { describe, expect, it } from "vitest";
import { groupsOf, listRows, nestedModels, type Listing } from "../../src/model/rows";

const NAMES = [
  "input",
  "enc/a/dense",
  "enc/a/norm",
  "enc/b/dense",
  "dec/dense",
  "layer_10",
  "layer_9",
];

const PLAIN: Listing = { filter: "", order: "forward", folded: [], rank: () => NaN };
const list = (changes: Partial<Listing>, names: readonly string[] = NAMES) =>
  listRows(names, { ...PLAIN, ...changes }).map(({ name }) => name);

describe("listRows", () => {
  it("keeps the forward order, or turns it round", () => {
    expect(list({})).toEqual(NAMES);
    expect(list({ order: "reverse" })).toEqual(NAMES.toReversed());
  });
  it("orders by name as people count", () => {
    const names = list({ order: "name" });
    expect(names.indexOf("layer_9")).toBeLessThan(names.indexOf("layer_10"));
  });
  it("finds rows by part of their name", () => {
    expect(list({ filter: " DENSE" })).toEqual(["enc/a/dense", "enc/b/dense", "dec/dense"]);
  });
  it("puts the largest first, and rows of which nothing is known last, in their order", () => {
    const sizes = [1, NaN, 5, 3, NaN, 5, 2];
    const rank = (row: number) => sizes[row]!;
    expect(list({ order: "largest", rank })).toEqual([
      "enc/a/norm",
      "layer_10",
      "enc/b/dense",
      "layer_9",
      "input",
      "enc/a/dense",
      "dec/dense",
    ]);
    expect(list({ order: "onset", rank })[0]).toBe("input");
  });
  it("folds a nested model into one row, where its first row was", () => {
    const rows = listRows(NAMES, { ...PLAIN, folded: ["enc"] });
    expect(rows.map(({ name }) => name)).toEqual([
      "input",
      "enc",
      "dec/dense",
      "layer_10",
      "layer_9",
    ]);
    expect(rows[1]).toEqual({ name: "enc", row: -1, members: [1, 2, 3] });
  });
  it("folds the outermost of models folded within each other", () => {
    expect(list({ folded: ["enc/a", "enc"] })).toEqual(list({ folded: ["enc"] }));
    expect(list({ folded: ["enc/a"] })[1]).toBe("enc/a");
  });
  it("leaves a model of a single row as it is", () => {
    expect(list({ folded: ["dec"] })).toEqual(NAMES);
    expect(list({ folded: ["enc"], filter: "norm" })).toEqual(["enc/a/norm"]);
  });
  it("ranks a folded model by the best of its rows", () => {
    const sizes = [1, 2, 9, 3, 4, 5, 6];
    const names = list({ order: "largest", folded: ["enc"], rank: (row) => sizes[row]! });
    expect(names[0]).toBe("enc");
  });
});

describe("nested models", () => {
  it("are all that a row lies in", () => {
    expect(groupsOf("a/b/dense")).toEqual(["a", "a/b"]);
    expect(groupsOf("dense")).toEqual([]);
  });
  it("count their rows; those with one are none", () => {
    expect([...nestedModels(NAMES)]).toEqual([
      ["enc", 3],
      ["enc/a", 2],
    ]);
  });
});

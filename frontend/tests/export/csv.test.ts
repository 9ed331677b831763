import { describe, expect, it } from "vitest";
import { field, toCsv } from "../../src/export/csv";
import { fileName } from "../../src/export/save";
import { seriesValues } from "../examples";

describe("toCsv", () => {
  const series = seriesValues(
    ["a", 'b"'],
    [
      [1, NaN, 0],
      [2, Infinity, -Infinity],
    ],
    {
      count: [
        [5, 5, 0],
        [5, 5, 5],
      ],
    },
  );
  it("keeps NaN, infinity and missing apart", () => {
    const lines = toCsv([series], null).trimEnd().split("\n");
    expect(lines[0]).toBe(
      "run,tag,row,first_step,last_step,epoch_start,epoch_end,wall_time,mean,count",
    );
    expect(lines.slice(1).map((line) => line.split(",").slice(-2).join())).toEqual([
      "1,5",
      "NaN,5",
      ",0",
      "2,5",
      "Infinity,5",
      "-Infinity,5",
    ]);
    expect(lines[4]).toContain('"b"""');
  });
  it("keeps to the steps in sight", () => {
    expect(toCsv([series], [11, 20]).trimEnd().split("\n")).toHaveLength(1 + 2);
  });
});

describe("names", () => {
  it("do not become formulas or columns", () => {
    expect(field("=1+1")).toBe("'=1+1");
    expect(field("a,b")).toBe('"a,b"');
  });
  it("make a file name", () => {
    expect(fileName(["../a/lr=1e-2", "Gradient norm"], "csv")).toBe("a_lr=1e-2-Gradient_norm.csv");
    expect(fileName(["<img src=x>"], "png")).toBe("img_src=x_.png");
  });
});

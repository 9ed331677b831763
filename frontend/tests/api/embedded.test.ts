import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { embeddedClient, unpack, type Report } from "../../src/api/embedded";
import { encodeFloat32, runJson, summaryJson } from "../examples";

const TAG = "stability/__proto__";
const NAME = '</script>\u2028"';

const seriesJson = {
  run: NAME,
  tag: TAG,
  revision: "report",
  rows: ["a"],
  windows: 9,
  columns: 3,
  x: {
    first_step: [1, 2, 3],
    last_step: [1, 2, 3],
    epoch_start: [0, 1, 2],
    epoch_end: [1, 2, 3],
    wall_time: [1, 2, 3],
  },
  statistics: { mean: encodeFloat32([1, NaN, -Infinity]) },
};

const stored = {
  about: { sources: ["logs"], made: 1, version: "1", thresholds: {} },
  runs: { runs: [summaryJson({ run: NAME, status: "training" })] },
  run: [runJson({ run: NAME, status: "training" })],
  series: [seriesJson],
  thresholds: { thresholds: [] },
} as unknown as Report;

const packed = (content: unknown) => gzipSync(JSON.stringify(content)).toString("base64");

describe("embedded answers", () => {
  it("are unpacked as they were stored", async () => {
    expect(await unpack(`\n${packed(stored)}\n`)).toEqual(stored);
    await expect(unpack("AAAA")).rejects.toThrow();
  });

  it("are those of the routes, whatever is asked of thresholds, columns and steps", async () => {
    const client = embeddedClient(stored);
    const [run] = await client.runs({ gradient_factor: 9 }, "patient");
    expect(run?.run).toBe(NAME);
    expect((await client.run(NAME, {}, "patient")).onsets.length).toBeGreaterThan(0);
    const request = { run: NAME, tag: TAG, revision: "", columns: 9, firstStep: 2, lastStep: 2 };
    const values = await client.series(request);
    expect([...values.statistics.get("mean")!]).toEqual([1, NaN, -Infinity]);
    expect(values.columns).toBe(3);
  });

  it("do not claim that a run still trains", async () => {
    const client = embeddedClient(stored);
    expect((await client.runs({}, "patient"))[0]?.status).toBe("unknown");
    expect((await client.run(NAME, {}, "patient")).status).toBe("unknown");
  });

  it("name what is not there", async () => {
    const request = { run: NAME, tag: "stability/other", revision: "", columns: 9 };
    await expect(embeddedClient(stored).series(request)).rejects.toThrow("stability/other");
  });
});

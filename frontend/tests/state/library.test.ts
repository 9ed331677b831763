import { describe, expect, it, vi } from "vitest";
import type { Client } from "../../src/api/client";
import { decodeRun, decodeRuns } from "../../src/api/decode";
import { Library } from "../../src/state/library";
import { runJson, seriesValues, summaryJson } from "../examples";

const TAG = "stability/gradient_norm";

function setUp(windows = 3) {
  let revision = "r1";
  const values = () => ({ ...seriesValues(["a"], [[1, 2, 3]]), revision, windows });
  const client = {
    runs: vi.fn(() => Promise.resolve(decodeRuns({ runs: [summaryJson({ revision })] }))),
    run: vi.fn(() => Promise.resolve(decodeRun(runJson({ revision })))),
    series: vi.fn<Client["series"]>(() => Promise.resolve(values())),
  };
  const library = new Library(client, () => undefined);
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  const want = async (range: readonly [number, number] | null = null, columns = 3) => {
    library.wantRun("a/b");
    await settle();
    library.wantSeries({ run: "a/b", tag: TAG, columns, range });
    await settle();
  };
  return {
    client,
    library,
    settle,
    want,
    revise: (to: string) => {
      revision = to;
    },
  };
}

describe("Library", () => {
  it("asks once for what has not changed", async () => {
    const { client, library, want } = setUp();
    await library.refresh();
    for (let i = 0; i < 3; i++) await want();
    expect(client.run).toHaveBeenCalledTimes(1);
    expect(client.series).toHaveBeenCalledTimes(1);
  });
  it("asks again after a new revision, and keeps the old values meanwhile", async () => {
    const { client, library, want, revise } = setUp();
    await library.refresh();
    await want();
    const before = library.series("a/b", TAG)?.full;
    revise("r2");
    await library.refresh();
    library.wantRun("a/b");
    expect(library.series("a/b", TAG)?.full).toBe(before);
    await want();
    expect(library.series("a/b", TAG)?.full?.revision).toBe("r2");
    expect(client.series).toHaveBeenCalledTimes(2);
  });
  it("asks for a zoom only where windows were merged", async () => {
    const fine = setUp(3);
    await fine.library.refresh();
    await fine.want();
    await fine.want([5, 12]);
    expect(fine.client.series).toHaveBeenCalledTimes(1);
    const merged = setUp(30);
    await merged.library.refresh();
    await merged.want();
    await merged.want([5, 12]);
    expect(merged.client.series).toHaveBeenCalledTimes(2);
    expect(merged.client.series.mock.lastCall?.[0]).toMatchObject({ firstStep: 5, lastStep: 12 });
  });
  it("breaks off a request that is no longer wanted, and never shows its answer", async () => {
    const { client, library, want } = setUp(30);
    await library.refresh();
    await want();
    const signals: AbortSignal[] = [];
    client.series.mockImplementation((_, signal) => {
      if (signal) signals.push(signal);
      return new Promise(() => undefined);
    });
    await want([1, 10]);
    await want([11, 20]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(library.series("a/b", TAG)?.detail).toBeNull();
  });
  it("keeps a route's sentence, and asks again only when told to", async () => {
    const { client, library, want } = setUp();
    await library.refresh();
    client.series.mockRejectedValueOnce(new Error("No such tag."));
    await want();
    await want();
    expect(library.series("a/b", TAG)?.error).toBe("No such tag.");
    expect(client.series).toHaveBeenCalledTimes(1);
    library.retry();
    await want();
    expect(library.series("a/b", TAG)?.error).toBeNull();
    expect(library.series("a/b", TAG)?.full).not.toBeNull();
  });
  it("tries again what failed while TensorBoard was away", async () => {
    const { client, library, want } = setUp();
    await library.refresh();
    client.series.mockRejectedValueOnce(new Error("Gone."));
    await want();
    client.runs.mockRejectedValueOnce(new Error("Gone."));
    await library.refresh();
    await library.refresh();
    await want();
    expect(library.series("a/b", TAG)?.full).not.toBeNull();
  });
  it("says that the list could not be read", async () => {
    const { client, library } = setUp();
    client.runs.mockRejectedValueOnce(new Error("Gone."));
    await library.refresh();
    expect([library.runs, library.runsError]).toEqual([null, "Gone."]);
  });
});

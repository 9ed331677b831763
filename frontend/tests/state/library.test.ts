import { describe, expect, it, vi } from "vitest";
import { ApiError, type Client } from "../../src/api/client";
import { decodeRun, decodeRuns } from "../../src/api/decode";
import { Library } from "../../src/state/library";
import { runJson, seriesValues, summaryJson } from "../examples";

const TAG = "stability/gradient_norm";

function setUp(windows = 3) {
  let revision = "r1";
  const values = () => ({ ...seriesValues(["a"], [[1, 2, 3]]), revision, windows });
  const client = {
    runs: vi.fn<Client["runs"]>(() =>
      Promise.resolve(decodeRuns({ runs: [summaryJson({ revision })] })),
    ),
    run: vi.fn<Client["run"]>(() => Promise.resolve(decodeRun(runJson({ revision })))),
    thresholds: vi.fn<Client["thresholds"]>(() => Promise.resolve([])),
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
    expect(client.series.mock.calls.map(([request]) => request.revision)).toEqual(["r1", "r2"]);
  });
  it("shows a run that is not judged yet, and asks for its onsets once there is a verdict", async () => {
    const { client, library, want } = setUp();
    const unjudged = { judgement: "pending", severity: null, first_onset: null };
    const listed = { ...unjudged, revision: null, epochs: null, steps: null };
    client.runs.mockResolvedValueOnce(decodeRuns({ runs: [summaryJson(listed)] }));
    client.run.mockResolvedValueOnce(decodeRun(runJson({ ...unjudged, onsets: [] })));
    await library.refresh();
    for (let i = 0; i < 2; i++) await want();
    expect(library.entry("a/b").detail).toMatchObject({ judgement: "pending", onsets: [] });
    expect(library.series("a/b", TAG)?.full).not.toBeNull();
    expect(client.run).toHaveBeenCalledTimes(1);
    expect([library.busy, library.unjudged]).toEqual([true, 1]);
    await library.refresh();
    for (let i = 0; i < 2; i++) await want();
    expect(library.entry("a/b").detail?.onsets).toHaveLength(1);
    expect(client.run).toHaveBeenCalledTimes(2);
    expect(client.series).toHaveBeenCalledTimes(1);
    expect([library.busy, library.unjudged]).toEqual([false, 0]);
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

  it("judges the list and the shown runs anew, all at once, and leaves the series alone", async () => {
    const { client, library, want, settle } = setUp();
    await library.refresh();
    await want();
    const { detail } = library.entry("a/b");
    let answer: (() => void) | undefined;
    client.run.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          answer = () => {
            resolve(decodeRun(runJson({ onsets: [] })));
          };
        }),
    );
    client.runs.mockResolvedValueOnce(decodeRuns({ runs: [summaryJson({ severity: null })] }));
    library.judge({ spreads: 9 }, ["a/b"]);
    await settle();
    expect(library.runs?.[0]?.severity).toBe("critical");
    expect(library.entry("a/b").detail).toBe(detail);
    answer?.();
    await settle();
    expect(library.runs?.[0]?.severity).toBeNull();
    expect(library.entry("a/b")).toMatchObject({
      detail: { onsets: [] },
      thresholds: { spreads: 9 },
    });
    await want();
    expect(client.run).toHaveBeenCalledTimes(2);
    expect(client.run.mock.lastCall?.slice(0, 2)).toEqual(["a/b", { spreads: 9 }]);
    expect(client.series).toHaveBeenCalledTimes(1);
    await library.refresh();
    expect(client.runs.mock.lastCall?.[0]).toEqual({ spreads: 9 });
  });
  it("keeps what was in force when the route refuses", async () => {
    const { client, library, want, settle } = setUp();
    await library.refresh();
    await want();
    client.runs.mockRejectedValueOnce(new ApiError("The threshold spikes is 0.", 400));
    library.judge({ spikes: 0 }, ["a/b"]);
    await settle();
    expect([library.refusal, library.runsError]).toEqual(["The threshold spikes is 0.", null]);
    expect(library.thresholds).toEqual({});
    library.judge({ spikes: 0 }, ["a/b"]);
    await want();
    expect(client.runs).toHaveBeenCalledTimes(2);
    expect(client.run).toHaveBeenCalledTimes(1);
    library.judge({}, ["a/b"]);
    expect(library.refusal).toBeNull();
  });
  it("opens with the defaults where a link's thresholds are refused", async () => {
    const { client, library, settle } = setUp();
    client.runs.mockRejectedValueOnce(new ApiError("There is no threshold 'x'.", 400));
    library.judge({ x: 1 }, []);
    await settle();
    await settle();
    expect(library.runs).toHaveLength(1);
    expect(library.refusal).toBe("There is no threshold 'x'.");
  });
  it("forgets the answer to thresholds that were changed again", async () => {
    const { client, library, settle } = setUp();
    await library.refresh();
    const first = decodeRuns({ runs: [summaryJson({ severity: "info" })] });
    client.runs.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          setTimeout(() => {
            resolve(first);
          }, 5);
        }),
    );
    library.judge({ spikes: 1 }, []);
    library.judge({ spikes: 2 }, []);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await settle();
    expect(library.thresholds).toEqual({ spikes: 2 });
    expect(library.runs?.[0]?.severity).toBe("critical");
  });
  it("asks for what thresholds there are once", async () => {
    const { client, library, settle } = setUp();
    for (let i = 0; i < 3; i++) {
      library.wantDescribed();
      await settle();
    }
    expect(client.thresholds).toHaveBeenCalledTimes(1);
    expect(library.described).toEqual([]);
  });
});

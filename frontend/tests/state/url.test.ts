import { describe, expect, it } from "vitest";
import { fromParameters, readHash, tabOf, toParameters, writeHash } from "../../src/state/url";
import { INITIAL_VIEW, type ViewState } from "../../src/state/view";

const FULL: ViewState = {
  runs: ["a,b/c=1", "<img src=x onerror=alert(1)>", "50 % & more"],
  axis: "step",
  zoom: [1.5, 20.25],
  hidden: ["weight_norm"],
  added: ["cell_state", "a,b"],
  statistic: "max",
  row: { tag: "stability/cell_state/lstm,1", row: "t = 3" },
  onset: { run: "a,b/c=1", kind: "loss_spike", step: 7, row: null },
  filter: "conv & dense",
  order: "largest",
  folded: ["encoder", "decoder/inner, or so"],
  difference: ["a,b/c=1", "50 % & more"],
  held: { gradient_norm: [1e-8, 100], "a:b": [-2, 3] },
  thresholds: { gradient_factor: 1e9, vanishing_ratio: 1e-7, "a:b,c": -2 },
};

describe("the URL", () => {
  it("holds all that was chosen, whatever the names are", () => {
    const hash = writeHash("#stability", toParameters(FULL));
    expect(fromParameters(readHash(hash))).toEqual(FULL);
  });
  it("can be split the way TensorBoard splits it", () => {
    const parts = writeHash("#stability", toParameters(FULL)).slice(1).split("&");
    expect(parts[0]).toBe("stability");
    expect(parts.slice(1).every((part) => part.split("=").length === 2)).toBe(true);
    expect(parts.slice(1).every((part) => part.startsWith("p.stability."))).toBe(true);
  });
  it("stays plain for a plain page", () => {
    expect(toParameters(INITIAL_VIEW)).toEqual({});
    expect(writeHash("#stability", {})).toBe("#stability");
  });
  it("tells no runs chosen from no choice made", () => {
    expect(fromParameters({}).runs).toBeNull();
    expect(fromParameters(toParameters({ ...INITIAL_VIEW, runs: [] })).runs).toEqual([]);
  });
  it("leaves the keys of others alone, and drops its own old ones", () => {
    const hash = "#stability&p.other.x=1&p.stability.axis=wall&tagFilter=a";
    const written = writeHash(hash, { zoom: "1,2" });
    expect(written).toBe("#stability&p.other.x=1&tagFilter=a&p.stability.zoom=1%2C2");
    expect(tabOf(written)).toBe("stability");
  });
  it("opens a damaged link", () => {
    const damaged = {
      axis: "parsec",
      zoom: "5,1",
      statistic: "mode",
      row: "only",
      onset: "run,kind",
      runs: "%E0%A4%A",
      pinned: "x:1,y:NaN:2,:",
      thresholds: "spikes,spreads:,loss_relative:much,:3,update_ratio:1e999",
    };
    expect(fromParameters(damaged)).toEqual({ ...INITIAL_VIEW, runs: [] });
    expect(readHash("#stability&p.stability.filter=%E0%A4%A")).toEqual({ filter: "%E0%A4%A" });
  });
});

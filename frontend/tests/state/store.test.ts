import { describe, expect, it, vi } from "vitest";
import { createStore, equal } from "../../src/state/store";

describe("createStore", () => {
  it("tells of changes, with what was before", () => {
    const store = createStore({ a: 1, b: "x" });
    const listener = vi.fn();
    store.subscribe(listener);
    store.set({ a: 2 });
    expect(listener).toHaveBeenCalledWith({ a: 2, b: "x" }, { a: 1, b: "x" });
  });
  it("says nothing when nothing changed, by content", () => {
    const store = createStore<{ zoom: readonly number[] | null }>({ zoom: [1, 2] });
    const listener = vi.fn();
    const stop = store.subscribe(listener);
    store.set({ zoom: [1, 2] });
    expect(listener).not.toHaveBeenCalled();
    store.set({ zoom: null });
    stop();
    store.set({ zoom: [3, 4] });
    expect(listener).toHaveBeenCalledTimes(1);
  });
});

describe("equal", () => {
  it("compares by content, and NaN with itself", () => {
    expect(equal({ a: [1, NaN] }, { a: [1, NaN] })).toBe(true);
    expect(equal({ a: 1 }, { a: 1, b: undefined })).toBe(false);
    expect(equal(null, {})).toBe(false);
  });
});

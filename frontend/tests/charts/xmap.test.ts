import { describe, expect, it } from "vitest";
import { clampZoom, fromPixel, toPixel, zoomAround } from "../../src/charts/xmap";
import { xTicks } from "../../src/charts/axis";

const map = { domain: [10, 30], width: 400 } as const;

describe("XMap", () => {
  it("goes there and back", () => {
    expect(toPixel(map, 15)).toBe(100);
    expect(fromPixel(map, 100)).toBe(15);
  });
  it("keeps the place zoomed around where it is", () => {
    const [a, b] = zoomAround(map, 15, 0.5);
    expect(toPixel({ ...map, domain: [a, b] }, 15)).toBe(100);
  });
});

describe("clampZoom", () => {
  it("keeps inside, takes either direction, and all is no zoom", () => {
    expect(clampZoom([-5, 4], [0, 10])).toEqual([0, 4]);
    expect(clampZoom([7, 2], [0, 10])).toEqual([2, 7]);
    expect(clampZoom([-1, 11], [0, 10])).toBeNull();
    expect(clampZoom([3, 3], [0, 10])).toBeNull();
    expect(clampZoom([20, 30], [0, 10])).toBeNull();
  });
});

describe("xTicks", () => {
  it("names epochs and steps by whole numbers where it can", () => {
    expect(xTicks({ domain: [0, 4], width: 400 }, "epoch").map(({ text }) => text)).toEqual([
      "0",
      "1",
      "2",
      "3",
      "4",
    ]);
    expect(xTicks({ domain: [0, 3], width: 900 }, "step")).toHaveLength(4);
    expect(xTicks({ domain: [0, 20000], width: 200 }, "step").at(-1)?.text).toBe("20 000");
  });
});

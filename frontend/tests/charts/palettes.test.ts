import { describe, expect, it } from "vitest";
import { SPECIAL } from "../../src/charts/colour";
import { divergingPalette, PALETTE, type Rgb } from "../../src/charts/palettes";

/** Relative luminance (WCAG). */
function luminance([r, g, b]: Rgb): number {
  const linear = (c: number) => (c <= 10 ? c / 3295 : ((c / 255 + 0.055) / 1.055) ** 2.4);
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}

const distance = (a: Rgb, b: Rgb): number => Math.hypot(...a.map((c, i) => c - b[i]!));

describe("PALETTE", () => {
  it("is viridis", () => {
    // matplotlib's own values at 0, 0.5 and 1.
    expect(distance(PALETTE[0]!, [68, 1, 84])).toBeLessThan(6);
    expect(distance(PALETTE[128]!, [33, 145, 140])).toBeLessThan(6);
    expect(distance(PALETTE[255]!, [253, 231, 37])).toBeLessThan(6);
  });
  it("gets lighter all the way, so that it reads in grey", () => {
    const light = PALETTE.map(luminance);
    expect(light.slice(1).every((value, i) => value > light[i]! - 0.002)).toBe(true);
  });
  it("does not hold the colours of NaN and the infinities", () => {
    for (const special of [SPECIAL.nan, SPECIAL.inf, SPECIAL["-inf"]])
      expect(Math.min(...PALETTE.map((colour) => distance(colour, special)))).toBeGreaterThan(60);
  });
});

/** What is left of a colour for somebody without red cones (Viénot, Brettel and Mollon 1999). */
function protanope([r, g, b]: Rgb): Rgb {
  const linear = (c: number) => (c / 255) ** 2.2;
  const [lr, lg, lb] = [linear(r), linear(g), linear(b)];
  const yellow = 0.11238 * lr + 0.88762 * lg;
  const blue = 0.00401 * lr - 0.00401 * lg + lb;
  const byte = (c: number) => 255 * Math.max(0, c) ** (1 / 2.2);
  return [byte(yellow), byte(yellow), byte(blue)];
}

describe("divergingPalette", () => {
  it.each([false, true])("tells both directions apart for the colour-blind (dark %s)", (dark) => {
    const palette = divergingPalette(dark);
    for (const share of [64, 96, 128]) {
      const [less, more] = [palette[127 - share + 1]!, palette[128 + share - 1]!];
      expect(distance(protanope(less), protanope(more))).toBeGreaterThan(40);
    }
  });
  it.each([false, true])("is strongest at its ends, evenly (dark %s)", (dark) => {
    const palette = divergingPalette(dark);
    const away = palette.map((colour) => distance(colour, palette[128]!));
    for (let i = 130; i < 256; i++) expect(away[i]).toBeGreaterThanOrEqual(away[i - 1]! - 2);
    for (let i = 126; i >= 0; i--) expect(away[i]).toBeGreaterThanOrEqual(away[i + 1]! - 2);
  });
  it.each([false, true])("does not hold the colour of NaN (dark %s)", (dark) => {
    const nearest = Math.min(...divergingPalette(dark).map((c) => distance(c, SPECIAL.nan)));
    expect(nearest).toBeGreaterThan(60);
  });
});

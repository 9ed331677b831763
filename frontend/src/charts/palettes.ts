/**
 * The colours of heatmaps: one map for sizes, one for differences.
 *
 * Both are readable by the colour-blind. Sizes: viridis, perceptually uniform and rising in
 * lightness. Differences: blue to orange, which no common colour blindness confuses, through a
 * middle that recedes into the page, light or dark.
 */

export type Rgb = readonly [number, number, number];
export type Palette = readonly Rgb[];

const SIZE = 256;

export const css = ([r, g, b]: Rgb): string => `rgb(${r}, ${g}, ${b})`;

/** Coefficients of a degree 6 polynomial fit to matplotlib's viridis (by Matt Zucker, public domain). */
const VIRIDIS: readonly Rgb[] = [
  [0.2777273272234177, 0.005407344544966578, 0.3340998053353061],
  [0.1050930431085774, 1.404613529898575, 1.384590162594685],
  [-0.3308618287255563, 0.214847559468213, 0.09509516302823659],
  [-4.634230498983486, -5.799100973351585, -19.33244095627987],
  [6.228269936347081, 14.17993336680509, 56.69055260068105],
  [4.776384997670288, -13.74514537774601, -65.35303263337234],
  [-5.435455855934631, 4.645852612178535, 26.3124352495832],
];

const byte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));

function viridisAt(share: number): Rgb {
  const channel = (c: 0 | 1 | 2): number =>
    byte(VIRIDIS.reduceRight((sum, term) => sum * share + term[c], 0));
  return [channel(0), channel(1), channel(2)];
}

export const PALETTE: Palette = Array.from({ length: SIZE }, (_, i) => viridisAt(i / (SIZE - 1)));

/** Lightness, green-red, blue-yellow: OKLab (Björn Ottosson), in which equal steps look equal. */
type Lab = readonly [number, number, number];

function fromLab([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const gamma = (linear: number): number =>
    byte(linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055);
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

const BLUE: Readonly<Record<"light" | "dark", Lab>> = {
  light: [0.42, -0.045, -0.135],
  dark: [0.8, -0.045, -0.12],
};
const ORANGE: Readonly<Record<"light" | "dark", Lab>> = {
  light: [0.5, 0.085, 0.105],
  dark: [0.82, 0.065, 0.125],
};
const MIDDLE: Readonly<Record<"light" | "dark", Lab>> = {
  light: [0.965, 0, 0.002],
  dark: [0.36, 0, 0],
};

function between(from: Lab, to: Lab, share: number): Rgb {
  const mix = (i: 0 | 1 | 2): number => from[i] + (to[i] - from[i]) * share;
  return fromLab([mix(0), mix(1), mix(2)]);
}

const diverging = (on: "light" | "dark"): Palette =>
  Array.from({ length: SIZE }, (_, i) => {
    const place = (2 * i) / (SIZE - 1) - 1;
    return between(MIDDLE[on], place < 0 ? BLUE[on] : ORANGE[on], Math.abs(place));
  });

const DIVERGING = { light: diverging("light"), dark: diverging("dark") };

export const divergingPalette = (dark: boolean): Palette => DIVERGING[dark ? "dark" : "light"];

/** Index of the colour for a share of the domain; shares outside take the ends. */
export const paletteIndex = (share: number): number =>
  Math.round((SIZE - 1) * Math.min(1, Math.max(0, share)));

/** A palette as canvases hold pixels in memory (little-endian RGBA). */
const packing = new WeakMap<Palette, Uint32Array>();

export function packed(palette: Palette): Uint32Array {
  let found = packing.get(palette);
  if (!found) {
    found = Uint32Array.from(
      palette,
      ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0,
    );
    packing.set(palette, found);
  }
  return found;
}

/** The shared x axis: units of the axis <-> CSS pixels of the plot area. */

export interface XMap {
  readonly domain: readonly [number, number];
  readonly width: number;
}

export function toPixel({ domain: [a, b], width }: XMap, x: number): number {
  return b > a ? ((x - a) / (b - a)) * width : 0;
}

export function fromPixel({ domain: [a, b], width }: XMap, pixel: number): number {
  return width > 0 ? a + (pixel / width) * (b - a) : a;
}

/** A zoom that stays inside the full domain and does not get finer than can be told apart. */
export function clampZoom(
  range: readonly [number, number],
  full: readonly [number, number],
): readonly [number, number] | null {
  const least = (full[1] - full[0]) * 1e-6;
  const a = Math.max(full[0], Math.min(range[0], range[1]));
  const b = Math.min(full[1], Math.max(range[0], range[1]));
  if (!(b - a > least)) return null;
  return a <= full[0] + least && b >= full[1] - least ? null : [a, b];
}

/** Zoom by a factor around a place that stays where it is. */
export function zoomAround(
  { domain: [a, b] }: XMap,
  centre: number,
  factor: number,
): readonly [number, number] {
  return [centre - (centre - a) * factor, centre + (b - centre) * factor];
}

/** Numbers onto a line and back, and round numbers to write beside it. */

export type ScaleKind = "linear" | "log";

export interface Scale {
  readonly kind: ScaleKind;
  readonly domain: readonly [number, number];
  /** Share of the domain, 0 to 1; outside it for values outside. -Infinity for log of <= 0. */
  share(value: number): number;
  at(share: number): number;
}

export function makeScale(kind: ScaleKind, low: number, high: number): Scale {
  if (kind === "log") {
    const a = Math.log(low);
    const width = Math.log(high) - a || 1;
    return {
      kind,
      domain: [low, high],
      share: (value) => (value > 0 ? (Math.log(value) - a) / width : -Infinity),
      at: (share) => Math.exp(a + share * width),
    };
  }
  const width = high - low || 1;
  return {
    kind,
    domain: [low, high],
    share: (value) => (value - low) / width,
    at: (share) => low + share * width,
  };
}

/** About `count` round numbers (1, 2 or 5 times a power of ten) within low..high. */
export function linearTicks(low: number, high: number, count: number, whole = false): number[] {
  const width = high - low;
  if (!(width > 0) || !Number.isFinite(width)) return [low];
  const raw = width / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  let step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10);
  if (whole) step = Math.max(1, step);
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return ticks;
}

/** Powers of ten within low..high, thinned to about `count`; finer where there are fewer than two. */
export function logTicks(low: number, high: number, count: number): number[] {
  const decades = Math.log10(high) - Math.log10(low);
  if (!(low > 0) || !Number.isFinite(decades)) return [];
  const first = Math.ceil(Math.log10(low) - 1e-9);
  const last = Math.floor(Math.log10(high) + 1e-9);
  if (first >= last) return fineTicks(low, high, count);
  const stride = Math.max(1, Math.ceil((last - first + 1) / Math.max(1, count)));
  const ticks: number[] = [];
  for (let exponent = first; exponent <= last; exponent += stride)
    ticks.push(Number(`1e${exponent}`));
  return ticks;
}

/** Of an axis of about a decade: 1, 2 and 5 times its powers of ten, or what a linear axis has. */
function fineTicks(low: number, high: number, count: number): number[] {
  const start = Math.floor(Math.log10(low));
  const ladder = [start, start + 1, start + 2].flatMap((exponent) =>
    [1, 2, 5].map((factor) => Number(`${factor}e${exponent}`)),
  );
  const ticks = ladder.filter((tick) => tick >= low && tick <= high);
  if (ticks.length >= 2) return ticks;
  const finer = [count, 2 * count, 4 * count].map((wanted) => linearTicks(low, high, wanted));
  return finer.find(({ length }) => length >= 2) ?? ticks;
}

export function ticks(scale: Scale, count: number): number[] {
  const [low, high] = scale.domain;
  return scale.kind === "log" ? logTicks(low, high, count) : linearTicks(low, high, count);
}

const CLOCK_STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
  604800,
];

/** Ticks on a clock: seconds since 1970, at round minutes and hours of the reader's time zone. */
export function clockTicks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / Math.max(1, count);
  if (raw < 1) return linearTicks(low, high, count);
  const step = CLOCK_STEPS.find((candidate) => candidate >= raw) ?? 604800;
  const zone = new Date(low * 1000).getTimezoneOffset() * 60;
  const result: number[] = [];
  for (let t = Math.ceil((low - zone) / step) * step + zone; t <= high; t += step) result.push(t);
  return result;
}

/** Numbers and times as the page writes them. */

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Up to `digits` significant digits; scientific where that is shorter to read. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "−Inf";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e6)
    return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${Number(mantissa)}e${Number(exponent)}`.replaceAll("-", "−");
}

const superscript = (exponent: number): string =>
  (exponent < 0 ? "⁻" : "") +
  String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPT[Number(digit)] ?? "");

const LARGE = [
  [1e12, "trillion"],
  [1e9, "billion"],
  [1e6, "million"],
] as const;

/** For sentences: "2.12 billion" and "3.1 × 10⁻⁷", where `formatNumber` writes 2.12e9 and 3.1e−7. */
export function formatPlain(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size === 0 || (size >= 1e-3 && size < 1e6))
    return formatNumber(value, digits);
  const [unit, name] = LARGE.find(([least]) => size >= least) ?? [];
  if (unit !== undefined && size < 1e15) return `${formatNumber(value / unit, digits)} ${name}`;
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${Number(mantissa)} × 10${superscript(Number(exponent))}`.replace("-", "−");
}

/** For tick labels: powers of ten as such. */
export function formatTick(value: number, digits = 3): string {
  const exponent = Math.log10(Math.abs(value));
  if (value > 0 && Number.isInteger(exponent) && (exponent >= 4 || exponent <= -3)) {
    return `10${superscript(exponent)}`;
  }
  return formatNumber(value, digits);
}

const isPower = (value: number): boolean => Number.isInteger(Math.log10(value));

const MOST_DIGITS = 7;

/** As many digits as it takes to tell neighbours apart; powers of ten only among themselves. */
export function formatTicks(values: readonly number[]): string[] {
  const write = values.every(isPower)
    ? formatTick
    : (value: number, digits: number) => formatNumber(value, digits);
  for (let digits = 3; ; digits++) {
    const texts = values.map((value) => write(value, digits));
    if (digits === MOST_DIGITS || new Set(texts).size === texts.length) return texts;
  }
}

export const formatCount = (value: number): string =>
  String(value).replace(/\B(?=(\d{3})+$)/g, " ");

const two = (value: number): string => String(value).padStart(2, "0");

export function formatClock(seconds: number, range = 0): string {
  const date = new Date(seconds * 1000);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (range > 172800) return `${date.getMonth() + 1}/${date.getDate()} ${time}`;
  return range > 7200 ? time : `${time}:${two(date.getSeconds())}`;
}

export function formatDateTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${formatClock(seconds)}`;
}

export function formatAgo(seconds: number): string {
  if (seconds < 5) return "just now";
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

export const words = (kind: string): string => kind.replaceAll("_", " ");

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

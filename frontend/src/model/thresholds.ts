/** The thresholds of the rules as the reader sets them: names in words, changes, refusals. */
import type { ThresholdInfo, Thresholds } from "../api/types";
import { capital, formatNumber, words } from "../ui/format";

export const thresholdName = (name: string): string => capital(words(name));

/** The route's description for people: names of thresholds in words, the default said elsewhere. */
export function hintText({ description }: ThresholdInfo): string {
  const text = description.replace(/`(\w+)`/g, (_, name: string) => `“${words(name)}”`);
  return text.replace(/\s*Default [^\s:,]*\d\.?$/, "");
}

/** Those that are other than the default; as they are while the defaults are not known. */
export function changedOnly(thresholds: Thresholds, known: readonly ThresholdInfo[]): Thresholds {
  const defaults = new Map(known.map((info) => [info.name, info.default]));
  return Object.fromEntries(
    Object.entries(thresholds).filter(([name, value]) => value !== defaults.get(name)),
  );
}

/** With one of them set, or back at its default. */
export function withThreshold(
  thresholds: Thresholds,
  { name, default: usual }: ThresholdInfo,
  value: number | null,
): Thresholds {
  const others = Object.entries(thresholds).filter(([other]) => other !== name);
  const changed = value === null || value === usual ? [] : [[name, value] as const];
  return Object.fromEntries([...others, ...changed]);
}

/** What was typed: null means the default, undefined that it is no number. */
export function readThreshold(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const value = Number(text.replace(",", "."));
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Every wrong one, with the sentence of the route about it: that speaks of the first only. Names that there
 * are not (in a link from another version, say) are among them.
 */
export function refusals(
  thresholds: Thresholds,
  known: readonly ThresholdInfo[],
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(thresholds)) {
    const info = known.find((item) => item.name === name);
    if (!info) {
      found.set(name, `There is no threshold '${name}'.`);
      continue;
    }
    const wanted = info.integer ? "an integer" : "a number";
    if (value < info.least || (info.integer && !Number.isInteger(value)))
      found.set(
        name,
        `The threshold ${name} is ${value}; expected ${wanted} of at least ${info.least}.`,
      );
  }
  return found;
}

/** The threshold that a refusal speaks of; null where it speaks of none that there is. */
export function refusedName(message: string, known: readonly ThresholdInfo[]): string | null {
  const subject = /^The threshold (\w+) /.exec(message)?.[1];
  return known.find(({ name }) => name === subject)?.name ?? null;
}

/** "Judged with changed thresholds: gradient factor 5 instead of 3." */
export function changeText(thresholds: Thresholds, known: readonly ThresholdInfo[]): string | null {
  const changes = Object.entries(changedOnly(thresholds, known)).map(([name, value]) => {
    const usual = known.find((info) => info.name === name)?.default;
    const instead = usual === undefined ? "" : ` instead of ${formatNumber(usual)}`;
    return `${words(name)} ${formatNumber(value)}${instead}`;
  });
  if (!changes.length) return null;
  return `Judged with ${changes.length === 1 ? "a changed threshold" : "changed thresholds"}: ${changes.join(", ")}.`;
}

/** The evidence of an onset in plain words, as the lines of a small table. */
import type { Onset } from "../api/types";
import { STATISTICS } from "../model/cells";
import { formatNumber, formatPlain, words } from "../ui/format";

type Evidence = Onset["evidence"];
type Value = number | string | null | undefined;

/** These have words of their own; further keys are listed as they are. */
const SPOKEN = new Set(["tag", "statistic", "rule", "value", "threshold", "baseline", "spread"]);

const known = (value: Value): boolean => value !== null && value !== undefined;

const asText = (value: Value): string =>
  typeof value === "string" ? value : formatPlain(value ?? NaN);

/** "gradient norm, max of window", of what TensorBoard calls stability/gradient_norm. */
export function measuredAs(tag: string, statistic: Value): string {
  const name = words(tag.replace(/^stability\//, "").replaceAll("/", " · "));
  return STATISTICS.some((known) => known === statistic) ? `${name}, ${statistic} of window` : name;
}

/** From here on a ratio says more than the two numbers do. */
const TELLING = 1.5;

function timesAsMuch(value: Value, baseline: Value): string | null {
  if (typeof value !== "number" || typeof baseline !== "number") return null;
  const ratio = value / baseline;
  return baseline > 0 && ratio >= TELLING && Number.isFinite(ratio) ? formatPlain(ratio, 2) : null;
}

function limitText(value: Value, threshold: Value): string {
  const side = typeof value !== "number" || typeof threshold !== "number" ? "" : value < threshold;
  return `${side === "" ? "" : side ? "less than " : "more than "}${asText(threshold)}`;
}

/** Name and text of each line: what was seen, what it is compared with, the limit it passed, the rule. */
export function evidenceLines(evidence: Evidence): (readonly [string, string])[] {
  const get = (key: string): Value => evidence.get(key);
  const lines: (readonly [string, string])[] = [];
  const value = get("value");
  if (known(value)) lines.push(["seen", asText(value)]);
  if (known(get("baseline"))) {
    const spread = known(get("spread")) ? ` ± ${asText(get("spread"))}` : "";
    lines.push(["compared with", asText(get("baseline")) + spread]);
    const times = timesAsMuch(value, get("baseline"));
    if (times !== null) lines.push(["times as much", times]);
  }
  if (known(get("threshold"))) lines.push(["limit", limitText(value, get("threshold"))]);
  const [tag, rule] = [get("tag"), get("rule")];
  if (typeof tag === "string" && tag) lines.push(["measured", measuredAs(tag, get("statistic"))]);
  if (typeof rule === "string" && rule) lines.push(["rule", rule]);
  for (const [key, other] of evidence)
    if (!SPOKEN.has(key) && known(other))
      lines.push([words(key), typeof other === "string" ? other : formatNumber(other, 3)]);
  return lines;
}

/** What is known of one onset: message, evidence, remedies with code to copy. */
import type { Onset, Remedy } from "../api/types";
import { capital, formatNumber, words } from "../ui/format";
import { h } from "../ui/dom";

/** These make the sentence; further keys of the evidence are listed as they are. */
const SPOKEN = new Set(["tag", "statistic", "rule", "value", "threshold", "baseline", "spread"]);

type Value = number | string | null | undefined;

const asText = (value: Value): string =>
  typeof value === "string" ? value : formatNumber(value ?? null, 3);

/** "31.2 against a baseline of 2.2 ± 0.4 (threshold 8.9)" */
export function evidenceSentence(evidence: Onset["evidence"]): string {
  const get = (key: string): Value => evidence.get(key);
  const known = (key: string): boolean => get(key) !== null && get(key) !== undefined;
  const parts: string[] = [];
  if (known("value")) parts.push(asText(get("value")));
  if (known("baseline")) {
    const spread = known("spread") ? ` ± ${asText(get("spread"))}` : "";
    parts.push(`against a baseline of ${asText(get("baseline"))}${spread}`);
  }
  if (known("threshold")) parts.push(`(threshold ${asText(get("threshold"))})`);
  return parts.join(" ");
}

export const onsetTitle = ({ title }: Onset): string => capital(title);

export const onsetPlace = ({ epoch, step, row }: Onset): string =>
  `epoch ${epoch}, step ${step}` + (row === null ? "" : `, ${row}`);

export function onsetBody(onset: Onset): HTMLElement {
  const { evidence, remedies, message } = onset;
  const sentence = evidenceSentence(evidence);
  const rule = [evidence.get("tag"), evidence.get("statistic"), evidence.get("rule")]
    .filter((part): part is string => typeof part === "string" && part !== "")
    .join(" · ");
  const others = [...evidence].filter(([key, value]) => !SPOKEN.has(key) && value !== null);
  return h(
    "div",
    { class: "onset-body" },
    h("p", {}, message),
    sentence !== "" && h("p", { class: "evidence" }, sentence),
    rule !== "" && h("p", { class: "evidence rule" }, rule),
    others.length > 0 &&
      h(
        "dl",
        { class: "evidence" },
        ...others.flatMap(([key, value]) => [h("dt", {}, words(key)), h("dd", {}, asText(value))]),
      ),
    remedies.length > 0 && h("p", { class: "try" }, "Try, in this order:"),
    remedies.length > 0 && h("ol", { class: "remedies" }, ...remedies.map(remedyItem)),
  );
}

const remedyItem = ({ text, code }: Remedy): HTMLElement =>
  h("li", {}, text, code !== null && code !== "" && codeBlock(code));

function codeBlock(code: string): HTMLElement {
  const copy = h(
    "button",
    {
      type: "button",
      class: "copy",
      "aria-label": "Copy the code",
      on: { click: () => void copyText(code, copy) },
    },
    "Copy",
  );
  return h("div", { class: "code" }, h("code", {}, code), copy);
}

async function copyText(text: string, button: HTMLElement): Promise<void> {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No clipboard over plain http, or without leave: select the code, for Ctrl-C.
    if (button.previousSibling) window.getSelection()?.selectAllChildren(button.previousSibling);
    said = "Press Ctrl+C";
  }
  button.textContent = said;
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

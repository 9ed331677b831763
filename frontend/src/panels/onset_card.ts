/** What is known of one onset: message, evidence, remedies with code to copy. */
import type { Onset, Remedy } from "../api/types";
import { capital } from "../ui/format";
import { h } from "../ui/dom";
import { evidenceLines } from "./evidence";

export const onsetTitle = ({ title }: Onset): string => capital(title);

export const onsetPlace = ({ epoch, step, row }: Onset): string =>
  `epoch ${epoch}, step ${step}` + (row === null ? "" : `, ${row}`);

export function onsetBody(onset: Onset): HTMLElement {
  const { evidence, remedies, message } = onset;
  const lines = evidenceLines(evidence);
  return h(
    "div",
    { class: "onset-body" },
    h("p", {}, message),
    lines.length > 0 &&
      h(
        "dl",
        { class: "evidence", "data-testid": "evidence" },
        ...lines.flatMap(([name, text]) => [h("dt", {}, name), h("dd", {}, text)]),
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
  return h("div", { class: "code" }, copy, h("code", {}, ...breakable(code)));
}

/** A line of code may be broken where a programmer would: after a bracket or a comma. */
const breakable = (code: string): (string | HTMLElement)[] =>
  code.split(/(?<=[(,])/).flatMap((part, i) => (i ? [h("wbr"), part] : [part]));

async function copyText(text: string, button: HTMLElement): Promise<void> {
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No clipboard over plain http, or without leave: select the code, for Ctrl-C.
    if (button.nextSibling) window.getSelection()?.selectAllChildren(button.nextSibling);
    said = "Press Ctrl+C";
  }
  button.textContent = said;
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

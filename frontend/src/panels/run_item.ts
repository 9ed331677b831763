/** A run in the sidebar: whether it is shown, and its verdict. */
import type { RunSummary } from "../api/types";
import { moodOf, verdict, type Mood } from "../model/verdict";
import { h, setBreakableText, setText } from "../ui/dom";
import { formatNumber } from "../ui/format";

/** Moods are told apart by shape as well as by colour. */
export const SHAPES: Readonly<Record<Mood, string>> = {
  critical: "✖",
  warning: "▲",
  info: "◆",
  ok: "●",
  none: "○",
  pending: "◌",
};

export class RunItem {
  private readonly box = h("input", { type: "checkbox" });
  private readonly dot = h("span", { class: "dot", "aria-hidden": "true" });
  private readonly name = h("span", { class: "run-name" });
  private readonly verdict = h("span", { class: "run-verdict" });
  private readonly only = h("button", { type: "button", class: "quiet only" }, "only");
  readonly element = h(
    "li",
    { class: "run-item", "data-testid": "run-item" },
    h("label", {}, this.box, this.dot, h("span", { class: "run-text" }, this.name, this.verdict)),
    this.only,
  );
  private run = "";

  constructor(choose: (run: string, how: "toggle" | "only") => void) {
    this.box.addEventListener("change", () => {
      choose(this.run, "toggle");
    });
    this.only.addEventListener("click", () => {
      choose(this.run, "only");
    });
  }

  update(summary: RunSummary, chosen: boolean): void {
    this.run = summary.run;
    const mood = moodOf(summary);
    this.box.checked = chosen;
    this.element.dataset["run"] = summary.run;
    this.element.dataset["mood"] = mood;
    this.element.classList.toggle("chosen", chosen);
    setText(this.dot, SHAPES[mood]);
    setBreakableText(this.name, summary.run);
    this.name.title = summary.run;
    const rate = summary.learningRate;
    const training = summary.status === "training" ? ", still training" : "";
    setText(this.verdict, verdict(summary) + training);
    this.verdict.title = rate === null ? "" : `learning rate ${formatNumber(rate, 3)}`;
    this.only.setAttribute("aria-label", `Show only ${summary.run}`);
  }
}

/** Sidebar: the thresholds of the rules, each with its default, and the way back. */
import type { ThresholdInfo, Thresholds } from "../api/types";
import {
  changedOnly,
  hintText,
  readThreshold,
  refusals,
  refusedName,
  thresholdName,
  withThreshold,
} from "../model/thresholds";
import { h, reconcile, setText, toggle } from "../ui/dom";
import { formatNumber, words } from "../ui/format";
import type { Actions } from "./context";

/** Typing has come to rest. */
const REST_MS = 250;

class ThresholdItem {
  private readonly input;
  private readonly usual;
  private readonly reset;
  private readonly refusal;
  readonly element: HTMLElement;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly info: ThresholdInfo,
    private readonly set: (info: ThresholdInfo, value: number | null) => void,
  ) {
    const { name } = info;
    const [hint, refusal] = [`hint-${name}`, `refusal-${name}`];
    this.input = h("input", {
      type: "number",
      id: `threshold-${name}`,
      step: info.integer ? "1" : "any",
      "aria-describedby": `${hint} ${refusal}`,
      "data-testid": `threshold-${name}`,
    });
    this.usual = h("span", { class: "threshold-default" }, `default ${formatNumber(info.default)}`);
    this.reset = h("button", { type: "button", class: "quiet", hidden: true }, "reset");
    this.reset.setAttribute("aria-label", `Reset ${words(name)}`);
    this.refusal = h("p", { class: "threshold-refusal", id: refusal, role: "alert", hidden: true });
    this.element = h(
      "li",
      { class: "threshold", title: hintText(info) },
      h("label", { for: `threshold-${name}` }, thresholdName(name)),
      h("div", { class: "threshold-value" }, this.input, this.usual, this.reset),
      this.refusal,
      h("p", { class: "threshold-hint", id: hint }, hintText(info)),
    );
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => {
        this.read(false);
      }, REST_MS);
    });
    this.input.addEventListener("change", () => {
      this.read(true);
    });
    this.reset.addEventListener("click", () => {
      this.input.focus();
      this.input.value = String(info.default);
      this.read(true);
    });
  }

  /** While somebody types, half a number ("1e") is nothing to complain of. */
  private read(done: boolean): void {
    clearTimeout(this.timer);
    const { input, info } = this;
    const value = input.validity.badInput ? undefined : readThreshold(input.value);
    if (value !== undefined) this.set(info, value);
    else if (done) this.refuse(`Expected a number of at least ${info.least}.`);
    if (done && value === null) input.value = String(info.default);
  }

  private refuse(message: string | null): void {
    toggle(this.refusal, message !== null);
    setText(this.refusal, message ?? "");
    this.input.setAttribute("aria-invalid", String(message !== null));
  }

  update(thresholds: Thresholds, refusal: string | null): void {
    const { info, input } = this;
    const value = thresholds[info.name] ?? info.default;
    const changed = value !== info.default;
    // What is being typed stays as it is.
    const typing = document.activeElement === input;
    if (!typing) input.value = String(value);
    this.element.classList.toggle("changed", changed);
    toggle(this.reset, changed);
    if (!typing || !input.validity.badInput) this.refuse(refusal);
  }

  destroy(): void {
    clearTimeout(this.timer);
  }
}

export interface ThresholdState {
  readonly thresholds: Thresholds;
  readonly described: readonly ThresholdInfo[] | null;
  /** Why what was asked for is not in force. */
  readonly refusal: string | null;
  readonly error: string | null;
}

export class ThresholdsSection {
  private readonly count = h("span", { class: "threshold-count", hidden: true });
  private readonly message = h("p", { class: "threshold-refusal", role: "alert", hidden: true });
  private readonly resetAll: HTMLButtonElement;
  private readonly list = h("ul");
  private readonly items = new Map<string, ThresholdItem>();
  readonly element: HTMLDetailsElement;
  private thresholds: Thresholds = {};
  private refusal: string | null = null;

  constructor(private readonly actions: Actions) {
    this.resetAll = h(
      "button",
      {
        type: "button",
        "data-testid": "reset-thresholds",
        on: {
          click: () => {
            (document.activeElement as HTMLElement | null)?.blur();
            actions.setView({ thresholds: {} });
          },
        },
      },
      "Reset all",
    );
    this.element = h(
      "details",
      { class: "thresholds", "data-testid": "thresholds" },
      h("summary", {}, h("h2", {}, "Thresholds"), this.count),
      this.message,
      this.list,
      this.resetAll,
    );
  }

  update({ thresholds, described, refusal, error }: ThresholdState): void {
    this.thresholds = thresholds;
    const known = described ?? [];
    const changed = Object.keys(changedOnly(thresholds, known)).length;
    toggle(this.count, changed > 0);
    setText(this.count, `${changed} changed`);
    toggle(this.resetAll, changed > 0);
    const subject = refusal === null ? null : refusedName(refusal, known);
    const wrong = known.length ? refusals(thresholds, known) : new Map<string, string>();
    const strange = [...wrong].filter(([name]) => !known.some((info) => info.name === name));
    const rest = strange.map(([, text]) => text).join(" ");
    const said = rest || (subject === null && !wrong.size ? refusal : null);
    toggle(this.message, said !== null || error !== null);
    setText(this.message, said ?? error ?? "");
    reconcile(
      this.list,
      this.items,
      known,
      ({ name }) => name,
      (info) =>
        new ThresholdItem(info, (item, value) => {
          this.actions.setView({ thresholds: withThreshold(this.thresholds, item, value) });
        }),
      (item, { name }) => {
        item.update(thresholds, wrong.get(name) ?? (name === subject ? refusal : null));
      },
    );
    // A refused link would else say nothing of it.
    if (refusal !== null && refusal !== this.refusal) this.element.open = true;
    this.refusal = refusal;
  }
}

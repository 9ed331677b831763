/** The head of a panel, and the sentence it shows when it has nothing to draw. */
import { h, replaceChildren, setText, toggle } from "../ui/dom";
import type { Actions } from "./context";
import { PanelKey } from "./pattern_key";

export class PanelFrame {
  readonly title = h("h3");
  readonly subtitle = h("p", { class: "panel-subtitle" });
  /** Patterns that are seen in the panel. */
  readonly key = new PanelKey();
  readonly tools = h("div", { class: "panel-tools" });
  readonly body = h("div", { class: "panel-body" });
  readonly note = h("p", { class: "panel-note" });
  private readonly message = h("div", { class: "panel-message", role: "status", hidden: true });
  readonly element: HTMLElement;
  private shown: string | null = null;

  constructor(kind: string, run: string, tag: string) {
    this.element = h(
      "section",
      {
        class: `panel panel-${kind}`,
        "data-testid": "panel",
        "data-kind": kind,
        "data-run": run,
        "data-tag": tag,
      },
      h("header", { class: "panel-head" }, this.title, this.subtitle, this.key.element, this.tools),
      this.message,
      this.body,
      this.note,
    );
  }

  /** A place is kept for what is being read. */
  showLoading(loading: boolean): void {
    this.element.classList.toggle("loading", loading);
    if (loading) this.element.setAttribute("aria-busy", "true");
    else this.element.removeAttribute("aria-busy");
  }

  /** A route's own sentence; what was drawn before stays. */
  showMessage(error: string | null, stillDrawn: boolean, actions: Actions): void {
    toggle(this.message, error !== null);
    if (error === this.shown) return;
    this.shown = error;
    if (error === null) return;
    const retry = h(
      "button",
      {
        type: "button",
        class: "quiet",
        on: {
          click: () => {
            actions.retry();
          },
        },
      },
      "Try again",
    );
    const text = h("span");
    setText(text, error + (stillDrawn ? " What you see is from before." : ""));
    replaceChildren(this.message, text, retry);
  }
}

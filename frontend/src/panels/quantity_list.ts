/** Sidebar: which quantities are shown, and of one with several series which of these. */
import { choose } from "../model/quantities";
import type { ShownQuantity } from "../model/scene";
import type { ViewState } from "../state/view";
import { h, toggle } from "../ui/dom";
import type { Actions } from "./context";

export class QuantityList {
  private readonly list = h("ul", { class: "quantities" });
  private readonly all = h(
    "button",
    { type: "button", class: "quiet", title: "Show all quantities" },
    "all",
  );
  private readonly usual = h(
    "button",
    { type: "button", class: "quiet", title: "Show what the page shows by itself" },
    "default",
  );
  readonly element = h(
    "section",
    { "aria-label": "Quantities" },
    h("div", { class: "side-head" }, h("h2", {}, "Quantities"), this.all, this.usual),
    this.list,
  );
  private names: readonly string[] = [];
  private key = "";

  constructor(private readonly actions: Actions) {
    this.all.setAttribute("aria-label", "Show all quantities");
    this.usual.setAttribute("aria-label", "Show the default quantities");
    this.all.addEventListener("click", () => {
      actions.setView({ hidden: [], added: this.names });
    });
    this.usual.addEventListener("click", () => {
      actions.setView({ hidden: [], added: [] });
    });
  }

  update(quantities: readonly ShownQuantity[], view: ViewState): void {
    toggle(
      this.all,
      quantities.some(({ shown }) => shown !== "all"),
    );
    toggle(this.usual, view.hidden.length + view.added.length > 0);
    const key = JSON.stringify([
      quantities.map((item) => [item, [...item.tags]]),
      view.hidden,
      view.added,
    ]);
    if (key === this.key) return;
    this.key = key;
    this.names = quantities.map(({ name }) => name);
    const focused = (document.activeElement as HTMLElement | null)?.dataset["quantity"];
    this.list.replaceChildren(...quantities.map((quantity) => this.item(quantity, view)));
    if (focused !== undefined)
      this.list.querySelector<HTMLElement>(`[data-quantity="${CSS.escape(focused)}"]`)?.focus();
  }

  private item(quantity: ShownQuantity, view: ViewState): HTMLElement {
    const { name, title, shown, series, tags, divides } = quantity;
    const whole = this.box(name, title, shown, () => {
      this.actions.setView(choose(view, name, shown !== "all", series));
    });
    // Its parts are of interest once it is; until then they would only be many.
    if (shown === "none" || !divides) return h("li", {}, whole);
    const parts = series.map(({ tag, title: part }) => {
      const on = tags.has(tag);
      const box = this.box(tag, part, on ? "all" : "none", () => {
        this.actions.setView(choose(view, tag, !on));
      });
      return h("li", {}, box);
    });
    return h("li", {}, whole, h("ul", { class: "quantity-parts", "aria-label": title }, ...parts));
  }

  private box(
    name: string,
    title: string,
    shown: ShownQuantity["shown"],
    change: () => void,
  ): HTMLElement {
    const box = h("input", {
      type: "checkbox",
      "data-quantity": name,
      "data-testid": "quantity",
    });
    box.checked = shown === "all";
    box.indeterminate = shown === "some";
    box.addEventListener("change", change);
    return h("label", {}, box, h("span", {}, title));
  }
}

/** Sidebar: which rows of the heatmaps are listed, in which order, and which nested models are folded. */
import { ROW_ORDERS, type RowOrder } from "../model/rows";
import type { ViewState } from "../state/view";
import { h, replaceChildren, setText, toggle } from "../ui/dom";
import type { Actions } from "./context";

const ORDER_NAMES: Readonly<Record<RowOrder, string>> = {
  forward: "forward: input first",
  reverse: "reverse: output first",
  name: "by name",
  largest: "by largest value",
  onset: "by first onset",
};

export class RowOptions {
  private readonly filter = h("input", {
    type: "search",
    placeholder: "Filter rows by name",
    "aria-label": "Filter heatmap rows by name",
    "data-testid": "row-filter",
  });
  private readonly order = h(
    "select",
    { "aria-label": "Order of rows", "data-testid": "row-order" },
    ...ROW_ORDERS.map((order) => h("option", { value: order }, ORDER_NAMES[order])),
  );
  private readonly count = h("span", { class: "fold-count" });
  private readonly foldAll: HTMLButtonElement;
  private readonly unfoldAll: HTMLButtonElement;
  private readonly list = h("ul", { class: "fold-list" });
  private readonly models = h("details", { class: "folds", "data-testid": "folds" });
  readonly element: HTMLElement;
  private names: readonly string[] = [];
  private key = "";

  constructor(private readonly actions: Actions) {
    this.filter.addEventListener("input", () => {
      actions.setView({ filter: this.filter.value });
    });
    this.order.addEventListener("change", () => {
      actions.setView({ order: this.order.value as RowOrder });
    });
    this.foldAll = this.button("fold all", "fold-all", () => this.outermost);
    this.unfoldAll = this.button("unfold all", "unfold-all", () => []);
    this.models.append(
      h("summary", {}, "Nested models", this.count),
      h("p", { class: "hint-text" }, "A folded model is one row: the largest of its layers."),
      h("div", { class: "fold-buttons" }, this.foldAll, this.unfoldAll),
      this.list,
    );
    this.element = h(
      "section",
      { "aria-label": "Rows" },
      h("h2", {}, "Rows"),
      this.filter,
      this.order,
      this.models,
    );
  }

  private button(text: string, testid: string, folded: () => readonly string[]) {
    const press = (): void => {
      this.actions.setView({ folded: folded() });
    };
    const attributes = { type: "button", class: "quiet", "data-testid": testid };
    return h("button", { ...attributes, on: { click: press } }, text);
  }

  private get outermost(): readonly string[] {
    return this.names.filter((name) => !name.includes("/"));
  }

  /** `models`: the nested models of the rows that are shown, with the number of rows of each. */
  update(view: ViewState, models: ReadonlyMap<string, number>): void {
    if (document.activeElement !== this.filter) this.filter.value = view.filter;
    this.order.value = view.order;
    toggle(this.models, models.size > 0);
    const key = JSON.stringify([view.folded, [...models]]);
    if (key === this.key) return;
    this.key = key;
    this.names = [...models.keys()];
    const folded = new Set(view.folded);
    const closed = this.names.filter((name) => folded.has(name)).length;
    setText(this.count, closed ? ` · ${closed} folded` : "");
    toggle(this.unfoldAll, closed > 0);
    const focused = (document.activeElement as HTMLElement | null)?.dataset["fold"];
    replaceChildren(
      this.list,
      ...this.names.map((name) => this.model(name, models.get(name)!, folded)),
    );
    if (focused !== undefined)
      this.list.querySelector<HTMLElement>(`[data-fold="${CSS.escape(focused)}"]`)?.focus();
  }

  private model(name: string, rows: number, folded: ReadonlySet<string>): HTMLElement {
    const isFolded = folded.has(name);
    const depth = name.split("/").length - 1;
    const button = h(
      "button",
      {
        type: "button",
        class: "quiet",
        "data-fold": name,
        "data-testid": "fold",
        "aria-expanded": String(!isFolded),
        title: isFolded ? `Show all rows of ${name}` : `Show ${name} as one row`,
        style: { "padding-left": `${4 + 12 * depth}px` },
        on: {
          click: () => {
            const others = [...folded].filter((other) => other !== name);
            this.actions.setView({ folded: isFolded ? others : [...others, name] });
          },
        },
      },
      `${isFolded ? "▸" : "▾"} ${name.split("/").at(-1) ?? name}`,
      h("span", { class: "fold-rows" }, ` ${rows} rows`),
    );
    return h("li", {}, button);
  }
}

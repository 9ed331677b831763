/** Below the panels: what else was recorded, one click away. */
import { choose } from "../model/quantities";
import type { ShownQuantity } from "../model/scene";
import type { ViewState } from "../state/view";
import { h, toggle } from "../ui/dom";
import type { Actions } from "./context";

export class MoreQuantities {
  private readonly list = h("span", { class: "more-list" });
  readonly element = h(
    "p",
    { class: "more", "data-testid": "more-quantities", hidden: true },
    "Also recorded: ",
    this.list,
  );
  private key = "";

  constructor(private readonly actions: Actions) {}

  update(quantities: readonly ShownQuantity[], view: ViewState): void {
    const rest = quantities.filter(({ shown }) => shown !== "all");
    toggle(this.element, rest.length > 0);
    const key = JSON.stringify([rest, view.hidden, view.added]);
    if (key === this.key) return;
    this.key = key;
    this.list.replaceChildren(
      ...rest.map(({ name, title, series, shown, tags }) =>
        h(
          "button",
          {
            type: "button",
            on: {
              click: () => {
                this.actions.setView(choose(view, name, true, series));
              },
            },
          },
          `+ ${title}` + (shown === "some" ? ` (${series.length - tags.size} more)` : ""),
        ),
      ),
    );
  }
}

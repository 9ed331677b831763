/** Below the table of runs: which two of them to subtract. */
import { offeredPair } from "../model/pair";
import type { Scene } from "../model/scene";
import type { ViewState } from "../state/view";
import { h, toggle } from "../ui/dom";
import type { Actions } from "./context";

export class DifferenceBar {
  private readonly first = h("select", {
    "aria-label": "Difference: first run",
    "data-testid": "difference-first",
  });
  private readonly second = h("select", {
    "aria-label": "Difference: second run",
    "data-testid": "difference-second",
  });
  private readonly show: HTMLButtonElement;
  readonly element: HTMLElement;
  private key = "";

  constructor(private readonly actions: Actions) {
    const swap = h(
      "button",
      {
        type: "button",
        title: "Swap the two runs",
        "aria-label": "Swap the two runs",
        on: {
          click: () => {
            [this.first.value, this.second.value] = [this.second.value, this.first.value];
            this.choose();
          },
        },
      },
      "⇄",
    );
    this.show = h("button", {
      type: "button",
      "data-testid": "difference-show",
      on: {
        click: () => {
          this.press();
        },
      },
    });
    for (const select of [this.first, this.second])
      select.addEventListener("change", () => {
        this.choose();
      });
    this.element = h(
      "p",
      { class: "difference-bar", "data-testid": "difference-bar", hidden: true },
      h("span", {}, "Difference of"),
      this.first,
      h("span", {}, "against"),
      this.second,
      swap,
      this.show,
    );
  }

  private shown = false;

  private press(): void {
    this.actions.setView({
      difference: this.shown ? null : [this.first.value, this.second.value],
    });
  }

  /** While a difference is shown, another choice takes effect at once. */
  private choose(): void {
    this.update(this.scene!, this.view!);
    if (this.shown && this.first.value !== this.second.value)
      this.actions.setView({ difference: [this.first.value, this.second.value] });
  }

  private scene: Scene | null = null;
  private view: ViewState | null = null;

  update(scene: Scene, view: ViewState): void {
    [this.scene, this.view] = [scene, view];
    const names = scene.runs.map(({ run }) => run);
    toggle(this.element, names.length > 1);
    if (names.length < 2) return;
    const known = view.difference?.every((run) => names.includes(run)) ?? false;
    this.shown = known;
    const key = JSON.stringify([names, view.difference]);
    if (key !== this.key) {
      this.key = key;
      const chosen = (known ? view.difference : null) ?? offeredPair(scene.runs)!;
      [this.first, this.second].forEach((select, i) => {
        select.replaceChildren(...names.map((name) => h("option", { value: name }, name)));
        select.value = chosen[i]!;
      });
    }
    this.show.textContent = known ? "Hide" : "Show";
    const same = this.first.value === this.second.value;
    this.show.disabled = same && !known;
    this.show.title = same ? "Choose two different runs." : "";
  }
}

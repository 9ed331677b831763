/** Several markers at one place: one label with their number, which opens the list of them. */
import type { Marker } from "../model/scene";
import { kindName } from "../model/verdict";
import { sameOnset, type OnsetChoice } from "../state/view";
import { h, replaceChildren, toggle } from "../ui/dom";
import { onsetPlace } from "./onset_card";

type Place = Readonly<Record<"left" | "bottom", string>>;

export class MarkerStack {
  /** The open list; one at a time. */
  readonly element = h("ul", {
    class: "marker-list",
    "data-testid": "marker-list",
    hidden: true,
  });
  private openKey: string | null = null;

  constructor(
    private readonly button: (marker: Marker, chosen: OnsetChoice | null) => HTMLElement,
  ) {
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      const label = this.opener;
      this.close();
      label?.focus();
    });
    document.addEventListener("pointerdown", ({ target }) => {
      const inside =
        target instanceof Node && (this.element.contains(target) || this.opener?.contains(target));
      if (!inside) this.close();
    });
  }

  private opener: HTMLElement | null = null;

  /** The label of a stack, the first of which names it. */
  label(markers: readonly Marker[], chosen: OnsetChoice | null, place: Place): HTMLElement {
    const first = markers[0]!;
    const { onset } = first;
    const key = markers.map(({ index }) => index).join();
    const isChosen = markers.some(({ choice }) => sameOnset(chosen, choice));
    const label = h(
      "button",
      {
        type: "button",
        class: `marker-label stacked ${onset.severity}${isChosen ? " chosen" : ""}`,
        "data-testid": "marker-stack",
        "data-kind": onset.kind,
        "data-index": first.index,
        "data-count": markers.length,
        "aria-expanded": "false",
        "aria-label": `${kindName(onset)} · epoch ${onset.epoch} +${markers.length - 1}: ${markers.length} markers`,
        on: {
          click: () => {
            if (this.openKey === key) this.close();
            else this.open(label, key, markers, chosen, place);
          },
        },
      },
      `${kindName(onset)} · epoch ${onset.epoch}`,
      h("span", { class: "marker-count" }, `+${markers.length - 1}`),
    );
    // Drawn anew (a zoom, a choice), it stays as open as it was.
    if (this.openKey === key) this.open(label, key, markers, chosen, place);
    return label;
  }

  private open(
    label: HTMLElement,
    key: string,
    markers: readonly Marker[],
    chosen: OnsetChoice | null,
    { left }: Place,
  ): void {
    this.close();
    [this.openKey, this.opener] = [key, label];
    label.setAttribute("aria-expanded", "true");
    this.element.style.left = left;
    this.element.replaceChildren(
      ...markers.map((marker) => {
        const follows = marker.onset.cause !== null;
        const item = this.button(marker, chosen);
        // Here its text says all of it.
        item.removeAttribute("aria-label");
        replaceChildren(
          item,
          kindName(marker.onset),
          h("span", { class: "marker-where" }, onsetPlace(marker.onset)),
        );
        return h("li", { class: follows ? "follows" : "" }, item);
      }),
    );
    toggle(this.element, true);
    // Near the right border it opens to the left.
    const room = (this.element.offsetParent?.clientWidth ?? Infinity) - this.element.offsetWidth;
    if (parseFloat(left) > room) this.element.style.left = `${Math.max(0, room)}px`;
  }

  /** Once the labels were drawn anew: a list whose label is gone goes too. */
  tidy(): void {
    if (this.opener?.isConnected === false) this.close();
  }

  close(): void {
    this.opener?.setAttribute("aria-expanded", "false");
    [this.openKey, this.opener] = [null, null];
    toggle(this.element, false);
  }
}

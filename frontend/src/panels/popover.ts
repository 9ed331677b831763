/** The card of a marker: a preview while it is pointed at, with its remedies once it is chosen. */
import type { Marker } from "../model/scene";
import { h, toggle } from "../ui/dom";
import { onsetBody, onsetPlace, onsetTitle } from "./onset_card";

const MARGIN = 8;
const SHOW_AFTER_MS = 100;
const HIDE_AFTER_MS = 180;

export class Popover {
  readonly element = h("div", {
    class: "popover",
    role: "tooltip",
    "data-testid": "onset-popover",
    hidden: true,
  });
  private shown: Marker | null = null;
  private overIt = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    // Its code must be within reach of the pointer.
    this.element.addEventListener("mouseenter", () => {
      this.overIt = true;
    });
    this.element.addEventListener("mouseleave", () => {
      this.overIt = false;
      this.hide();
    });
    this.element.addEventListener("focusout", () => {
      this.hide();
    });
  }

  /** A moment late, so that crossing a label on the way elsewhere shows nothing. */
  show(marker: Marker, near: DOMRect): void {
    clearTimeout(this.timer);
    const wait = this.shown ? 0 : SHOW_AFTER_MS;
    this.timer = setTimeout(() => {
      this.open(marker, near);
    }, wait);
  }

  private open(marker: Marker, near: DOMRect): void {
    if (this.shown !== marker) {
      this.shown = marker;
      this.element.dataset["severity"] = marker.onset.severity;
      this.element.replaceChildren(
        h("h4", {}, onsetTitle(marker.onset)),
        h("p", { class: "finding-place" }, onsetPlace(marker.onset)),
        onsetBody(marker.onset),
      );
    }
    toggle(this.element, true);
    const box = this.element.getBoundingClientRect();
    const left = Math.min(near.left, window.innerWidth - box.width - MARGIN);
    const below = near.bottom + 4;
    const fits = below + box.height < window.innerHeight - MARGIN;
    const top = fits ? below : Math.max(MARGIN, near.top - box.height - 4);
    this.element.style.left = `${Math.max(MARGIN, left)}px`;
    this.element.style.top = `${top}px`;
  }

  /** A moment later, so that the pointer can cross over to it. */
  hide(at: "once" | "soon" = "soon"): void {
    clearTimeout(this.timer);
    const close = () => {
      const inUse = this.overIt || this.element.contains(document.activeElement);
      if (inUse && at === "soon") return;
      this.overIt = false;
      this.shown = null;
      toggle(this.element, false);
    };
    if (at === "once") close();
    else this.timer = setTimeout(close, HIDE_AFTER_MS);
  }
}

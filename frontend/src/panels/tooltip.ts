/** Exact values beside the pointer. Screen readers get them through the live region instead. */
import { h, toggle } from "../ui/dom";
import type { Pointed, Tip } from "./context";

const OFFSET = 14;

export class Tooltip {
  readonly element = h("div", {
    class: "tooltip",
    "aria-hidden": "true",
    "data-testid": "tooltip",
    hidden: true,
  });

  private shown = "";
  private size = { width: 0, height: 0 };

  show(tip: Tip | null, at: Pointed | null): void {
    toggle(this.element, tip !== null && at !== null);
    if (!tip || !at) return;
    const content = JSON.stringify(tip);
    if (content !== this.shown) {
      this.shown = content;
      this.write(tip);
      // Asked for only where it may be another: it costs a layout of the page.
      this.size = this.element.getBoundingClientRect();
    }
    const { width, height } = this.size;
    const right = at.pageX + OFFSET;
    const below = at.pageY + OFFSET;
    const left = right + width < window.innerWidth - 4 ? right : at.pageX - OFFSET - width;
    const top = below + height < window.innerHeight - 4 ? below : at.pageY - OFFSET - height;
    this.element.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(Math.max(4, top))}px)`;
  }

  private write({ title, place, readings, remarks }: Tip): void {
    this.element.replaceChildren(
      h("strong", {}, title),
      h("p", { class: "tip-place" }, place),
      h(
        "dl",
        {},
        ...readings.flatMap(({ name, value, colour }) => [
          h("dt", colour ? { style: { color: colour } } : {}, name),
          h("dd", {}, value),
        ]),
      ),
      ...remarks.map((remark) => h("p", { class: "tip-remark" }, remark)),
    );
  }
}

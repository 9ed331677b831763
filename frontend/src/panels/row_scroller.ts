/** How high the rows of a heatmap are, and the scroll bar where there are more than fit. */
import { h } from "../ui/dom";

/** A heatmap is never higher than this; more rows scroll within it. */
export const MOST_HEIGHT = 480;
/** Rows get no thinner than this to avoid scrolling; rows that scroll anyway are a little higher. */
const THINNEST_ROW = 2;
const SCROLLED_ROW = 3;
/** Every row has its label from this height on. */
const LABELLED = 14;

export function rowHeightFor(count: number): number {
  if (count <= 4) return 34;
  if (count <= 6) return 28;
  if (count <= 12) return 22;
  if (count <= 24) return 16;
  if (count * LABELLED <= MOST_HEIGHT) return LABELLED;
  const fitting = MOST_HEIGHT / count;
  if (fitting >= 4) return Math.floor(fitting);
  return fitting >= THINNEST_ROW ? fitting : SCROLLED_ROW;
}

export class RowScroller {
  private readonly spacer = h("div");
  // The arrow keys on the heatmap scroll it: a Tab stop of its own would only be in the way.
  private readonly element = h("div", { class: "row-scroller", tabindex: "-1" }, this.spacer);
  /** How far the rows are scrolled: remembered, since asking the element costs a layout. */
  top = 0;
  private height = 0;
  private key = "";

  constructor(
    plot: HTMLElement,
    private readonly scrolled: () => void,
  ) {
    plot.prepend(this.element);
    this.element.addEventListener("scroll", () => {
      this.look();
    });
    plot.addEventListener(
      "wheel",
      (event) => {
        this.wheel(event);
      },
      { passive: false },
    );
  }

  update(height: number, all: number): void {
    const key = `${height} ${all}`;
    if (key === this.key) return;
    this.key = key;
    this.height = height;
    this.element.style.height = `${height}px`;
    this.spacer.style.height = `${all}px`;
    this.element.classList.toggle("scrolls", all > height + 1);
    this.top = this.element.scrollTop;
  }

  /** The event comes a frame after the rows have scrolled; whoever scrolls them need not wait. */
  private look(): void {
    const top = this.element.scrollTop;
    if (top === this.top) return;
    this.top = top;
    this.scrolled();
  }

  /** The wheel over the plot scrolls its rows first, where there are more than fit. */
  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const before = this.element.scrollTop;
    this.element.scrollTop += event.deltaY;
    if (this.element.scrollTop !== before) event.preventDefault();
    this.look();
  }

  reveal(place: number, rowHeight: number): void {
    const top = place * rowHeight;
    const bottom = top + rowHeight - this.height;
    const before = this.element.scrollTop;
    this.element.scrollTop = Math.min(top, Math.max(bottom, before));
    this.look();
  }
}

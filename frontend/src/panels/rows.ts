/** Rows of a heatmap: which are listed, how high they are, and their labels. */
import { h, setText } from "../ui/dom";

/** A heatmap is never higher than this; more rows scroll within it. */
export const MOST_HEIGHT = 480;
/** Rows get no thinner than this to avoid scrolling; rows that scroll anyway are a little higher. */
const THINNEST_ROW = 2;
const SCROLLED_ROW = 3;
const LABEL_SPACING = 13;
const HALF_LABEL = 6;

export function rowHeightFor(count: number): number {
  if (count <= 4) return 34;
  if (count <= 6) return 28;
  if (count <= 12) return 22;
  if (count <= 24) return 16;
  if (count <= 40) return 12;
  const fitting = MOST_HEIGHT / count;
  if (fitting >= 4) return Math.floor(fitting);
  return fitting >= THINNEST_ROW ? fitting : SCROLLED_ROW;
}

/** Indices of the rows whose name holds the filter's text, in their order. */
export function listRows(names: readonly string[], filter: string): number[] {
  const wanted = filter.trim().toLowerCase();
  const all = names.map((_, index) => index);
  return wanted ? all.filter((i) => names[i]!.toLowerCase().includes(wanted)) : all;
}

/** Every so manyth row gets a label, so that labels do not touch. */
export const labelStride = (rowHeight: number): number =>
  Math.max(1, Math.ceil(LABEL_SPACING / rowHeight));

/** Only the labels in sight exist. */
export class RowLabels {
  readonly element = h("div", { class: "row-labels" });
  private readonly labels: HTMLButtonElement[] = [];
  private shownRows: (number | null)[] = [];

  constructor(private readonly open: (row: number) => void) {}

  update(
    names: readonly string[],
    rows: readonly number[],
    rowHeight: number,
    top: number,
    height: number,
    chosen: string | null,
  ): void {
    const stride = labelStride(rowHeight);
    const first = Math.ceil(Math.max(0, top / rowHeight - 0.5) / stride) * stride;
    this.shownRows = [];
    let i = 0;
    for (let place = first; place < rows.length; place += stride) {
      const y = (place + 0.5) * rowHeight - top;
      if (y > height) break;
      const row = rows[place]!;
      const label = this.label(i);
      const name = names[row]!;
      label.style.top = `${Math.min(Math.max(y, HALF_LABEL), Math.max(HALF_LABEL, height - HALF_LABEL))}px`;
      label.hidden = false;
      label.title = name;
      setText(label.firstElementChild ?? label, name);
      label.setAttribute("aria-label", `${name}: show its history`);
      label.setAttribute("aria-pressed", String(name === chosen));
      this.shownRows[i] = row;
      i++;
    }
    for (; i < this.labels.length; i++) {
      this.labels[i]!.hidden = true;
      this.shownRows[i] = null;
    }
  }

  private label(i: number): HTMLButtonElement {
    const known = this.labels[i];
    if (known) return known;
    // Reached with the arrow keys from the heatmap; a Tab stop a row would be too many.
    const label = h(
      "button",
      {
        type: "button",
        class: "row-label",
        tabindex: "-1",
        "data-testid": "row-label",
        on: {
          click: () => {
            const row = this.shownRows[i];
            if (row !== null && row !== undefined) this.open(row);
          },
        },
      },
      h("bdi"),
    );
    this.labels.push(label);
    this.element.append(label);
    return label;
  }

  highlight(row: number | null): void {
    this.labels.forEach((label, i) => {
      label.classList.toggle("pointed", row !== null && this.shownRows[i] === row);
    });
  }
}

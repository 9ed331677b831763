/** The names beside a heatmap's rows: buttons that open a row, or unfold what is folded. */
import type { ListedRow } from "../model/rows";
import { h, setText, toggle } from "../ui/dom";

const LABEL_SPACING = 13;
const HALF_LABEL = 6;

/** Every so manyth row gets a label, so that labels do not touch. */
export const labelStride = (rowHeight: number): number =>
  Math.max(1, Math.ceil(LABEL_SPACING / rowHeight));

export const labelText = ({ name, row, members }: ListedRow): string =>
  row < 0 ? `▸ ${name} · largest of ${members.length}` : name;

const spoken = (item: ListedRow): string =>
  `${labelText(item)}: ${item.row < 0 ? "unfold" : "show its history"}`;

/** Only the labels in sight exist. */
export class RowLabels {
  /** The row pointed at, where it has no label of its own. */
  private readonly pointed = h("div", {
    class: "row-pointed",
    "aria-hidden": "true",
    hidden: true,
  });
  readonly element = h("div", { class: "row-labels" }, this.pointed);
  private readonly labels: HTMLButtonElement[] = [];
  private places: (number | null)[] = [];
  private listed: readonly ListedRow[] = [];
  private layout = { rowHeight: 1, top: 0, height: 0 };
  private key: readonly unknown[] = [];

  constructor(private readonly open: (place: number) => void) {}

  update(
    listed: readonly ListedRow[],
    rowHeight: number,
    top: number,
    height: number,
    chosen: string | null,
  ): void {
    const names = listed.map(labelText).join("\n");
    const key = [names, rowHeight, top, height, chosen];
    this.listed = listed;
    if (key.every((item, i) => item === this.key[i])) return;
    this.key = key;
    this.layout = { rowHeight, top, height };
    const stride = labelStride(rowHeight);
    const first = Math.ceil(Math.max(0, top / rowHeight - 0.5) / stride) * stride;
    this.places = [];
    let i = 0;
    for (let place = first; place < listed.length; place += stride) {
      if (this.centre(place) > height) break;
      this.write(this.label(i), listed[place]!, place, chosen);
      this.places[i] = place;
      i++;
    }
    for (; i < this.labels.length; i++) {
      toggle(this.labels[i]!, false);
      this.places[i] = null;
    }
  }

  private centre(place: number): number {
    return (place + 0.5) * this.layout.rowHeight - this.layout.top;
  }

  private heightOf(place: number): string {
    const most = Math.max(HALF_LABEL, this.layout.height - HALF_LABEL);
    return `${Math.min(Math.max(this.centre(place), HALF_LABEL), most)}px`;
  }

  private write(label: HTMLElement, item: ListedRow, place: number, chosen: string | null): void {
    label.style.top = this.heightOf(place);
    toggle(label, true);
    label.title = labelText(item);
    setText(label.firstElementChild ?? label, labelText(item));
    label.classList.toggle("folded", item.row < 0);
    label.setAttribute("aria-label", spoken(item));
    label.setAttribute("aria-pressed", String(item.name === chosen));
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
            const place = this.places[i];
            if (place !== null && place !== undefined) this.open(place);
          },
        },
      },
      h("bdi"),
    );
    this.labels.push(label);
    this.element.append(label);
    return label;
  }

  /** Among many thin rows the one pointed at is named over the labels of its neighbours. */
  point(place: number | null): void {
    this.labels.forEach((label, i) => {
      label.classList.toggle("pointed", place !== null && this.places[i] === place);
    });
    const item = place === null || this.places.includes(place) ? undefined : this.listed[place];
    toggle(this.pointed, item !== undefined);
    if (!item || place === null) return;
    setText(this.pointed, labelText(item));
    this.pointed.style.top = this.heightOf(place);
  }
}

/** The colour bar beside a heatmap, with the button that pins its ends. */
import { colourOf, type ColourScale } from "../charts/colour";
import { css } from "../charts/palettes";
import { h, setText, toggle } from "../ui/dom";
import type { LegendText, LegendTexts } from "./legend_texts";

export interface Hold {
  readonly held: boolean;
  readonly quantity: string;
  toggle(domain: readonly [number, number]): void;
}

const gradientOf = ({ palette }: ColourScale): string => {
  const stops = palette.filter((_, i) => i % 15 === 0).map(css);
  return `linear-gradient(to top, ${stops.join(", ")})`;
};

/** Below this there is room for the bar alone. */
const ROOM_FOR_BUTTON = 60;
const BUTTON_HEIGHT = 20;
const PIXELS_A_TEXT = 26;
const APART = 17;

export class Legend {
  private readonly bar = h("div", { class: "legend-bar" });
  private readonly labels = h("div", { class: "legend-labels" });
  private readonly button = h("button", {
    type: "button",
    class: "legend-hold",
    "data-testid": "legend-hold",
    on: { click: () => this.hold?.toggle([...this.domain] as [number, number]) },
  });
  readonly element = h("div", { class: "legend" }, this.bar, this.labels, this.button);
  private hold: Hold | null = null;
  private domain: readonly [number, number] = [0, 1];
  private key = "";
  private scale: ColourScale | null = null;

  update(scale: ColourScale, texts: LegendTexts, height: number, hold: Hold | null): void {
    this.hold = hold;
    this.domain = scale.domain;
    const key = `${height} ${String(hold?.held)} ${hold?.quantity ?? ""}`;
    if (key === this.key && scale === this.scale) return;
    [this.key, this.scale] = [key, scale];
    this.element.style.height = `${height}px`;
    const { only } = scale;
    this.bar.style.background =
      only === null ? gradientOf(scale) : css(colourOf(scale, "value", only));
    this.element.title = texts.explain(scale);
    this.element.classList.toggle("constant", only !== null);
    const hasButton = hold !== null && height >= ROOM_FOR_BUTTON;
    toggle(this.button, hasButton);
    if (hold) this.nameButton(hold);
    const usable = height - (hasButton ? BUTTON_HEIGHT : 0);
    const all = texts.texts(scale, Math.max(2, Math.floor(usable / PIXELS_A_TEXT)));
    this.labels.replaceChildren(...spaced(all, usable).map(label));
  }

  private nameButton({ held, quantity }: Hold): void {
    setText(this.button, held ? "pinned" : "pin");
    this.button.setAttribute("aria-pressed", String(held));
    this.button.setAttribute("aria-label", `Pin the colour scale of ${quantity}`);
    this.button.title = held
      ? `The colours of ${quantity} keep these ends. Press to let them fit what is shown again.`
      : `Pin the colour scale of ${quantity}: keep these ends when other runs, another statistic ` +
        "or new data are shown, so that colours stay comparable.";
  }
}

/** Those that keep clear of the ones before them. */
function spaced(all: readonly LegendText[], height: number): LegendText[] {
  const kept: LegendText[] = [];
  for (const item of all)
    if (kept.every(({ at }) => Math.abs(at - item.at) * height > APART)) kept.push(item);
  return kept;
}

function label({ at, text }: LegendText): HTMLElement {
  const place = at === 1 ? "top" : at === 0 ? "bottom" : "";
  return h("span", { class: place, style: { top: `${(1 - at) * 100}%` } }, text);
}

/** The colour bar beside a heatmap, and the key to the patterns. */
import { PALETTE, colourOf, css, type ColourScale } from "../charts/colour";
import { tile, type Filling } from "../charts/patterns";
import { ticks } from "../charts/scale";
import { h, setText, toggle } from "../ui/dom";
import { formatTick } from "../ui/format";

const GRADIENT = `linear-gradient(to top, ${PALETTE.filter((_, i) => i % 15 === 0)
  .map(css)
  .join(", ")})`;

interface Pin {
  readonly pinned: boolean;
  readonly quantity: string;
  toggle(domain: readonly [number, number]): void;
}

export class Legend {
  private readonly bar = h("div", { class: "legend-bar", style: { background: GRADIENT } });
  private readonly labels = h("div", { class: "legend-labels" });
  private readonly pin = h("button", {
    type: "button",
    class: "legend-pin",
    "data-testid": "legend-pin",
    on: { click: () => this.state?.toggle([...this.domain] as [number, number]) },
  });
  readonly element = h("div", { class: "legend" }, this.bar, this.labels, this.pin);
  private state: Pin | null = null;
  private domain: readonly [number, number] = [0, 1];
  private key = "";

  update(scale: ColourScale, height: number, pin: Pin): void {
    this.state = pin;
    this.domain = scale.domain;
    const key = JSON.stringify([
      scale.domain,
      scale.only,
      scale.clippedLow,
      scale.kind,
      height,
      pin.pinned,
    ]);
    if (key === this.key) return;
    this.key = key;
    this.element.style.height = `${height}px`;
    const what = pin.pinned ? "Release the colour scale of" : "Pin the colour scale of";
    this.pin.setAttribute("aria-label", `${what} ${pin.quantity}`);
    this.pin.title = `${what} ${pin.quantity}`;
    this.pin.setAttribute("aria-pressed", String(pin.pinned));
    toggle(this.pin, height >= 60);
    setText(this.pin, pin.pinned ? "pinned" : "pin");
    const { only } = scale;
    this.bar.style.background = only === null ? GRADIENT : css(colourOf(scale, "value", only));
    this.element.classList.toggle("constant", only !== null);
    this.labels.replaceChildren(...this.tickLabels(scale, height));
  }

  private tickLabels(scale: ColourScale, height: number): HTMLElement[] {
    if (scale.only !== null) return [tickLabel(scale, scale.only, formatTick(scale.only))];
    const [low, high] = scale.domain;
    const usable = height - (height >= 60 ? 20 : 0);
    const inner = ticks(scale, Math.max(2, Math.floor(usable / 26)));
    const ends = [
      { value: high, text: (scale.clippedHigh ? "≥" : "") + formatTick(round(high)) },
      { value: low, text: (scale.clippedLow ? "≤" : "") + formatTick(round(low)) },
    ];
    const far = (value: number) =>
      ends.every((end) => Math.abs(scale.share(end.value) - scale.share(value)) * usable > 17);
    const shown = [
      ...ends,
      ...inner.filter(far).map((value) => ({ value, text: formatTick(value) })),
    ];
    return shown.map(({ value, text }) => tickLabel(scale, value, text));
  }
}

const tickLabel = (scale: ColourScale, value: number, text: string): HTMLElement =>
  h("span", { style: { top: `${(1 - scale.share(value)) * 100}%` } }, text);

const round = (value: number): number => Number(value.toPrecision(2));

const KEY: readonly (readonly [Filling, string])[] = [
  ["nan", "NaN"],
  ["inf", "+Inf"],
  ["-inf", "−Inf"],
  ["missing", "not measured"],
];

/** What the patterns mean: once a page. */
export function patternKey(): HTMLElement {
  const swatch = (filling: Filling): HTMLElement => {
    const canvas = h("canvas", { class: "swatch", "aria-hidden": "true" });
    [canvas.width, canvas.height] = [32, 24];
    const context = canvas.getContext("2d");
    if (context) {
      context.fillStyle = context.createPattern(tile(filling, 2), "repeat") ?? "";
      context.fillRect(0, 0, 32, 24);
    }
    return canvas;
  };
  const entry = (sample: HTMLElement, text: string) => h("li", {}, sample, h("span", {}, text));
  const partial = h("span", { class: "swatch partial" }, swatch("nan"));
  return h(
    "ul",
    { class: "pattern-key", "data-testid": "pattern-key" },
    ...KEY.map(([filling, text]) => entry(swatch(filling), text)),
    entry(partial, "partly NaN or infinite"),
  );
}

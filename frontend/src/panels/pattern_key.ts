/** The key to the patterns of cells without a finite value: once a page. */
import { tile, type Filling } from "../charts/patterns";
import { h } from "../ui/dom";

const KEY: readonly (readonly [Filling, string])[] = [
  ["nan", "NaN"],
  ["inf", "+Inf"],
  ["-inf", "−Inf"],
  ["missing", "not measured"],
];

function swatch(filling: Filling): HTMLElement {
  const canvas = h("canvas", { class: "swatch", "aria-hidden": "true" });
  [canvas.width, canvas.height] = [32, 24];
  const context = canvas.getContext("2d");
  if (context) {
    context.fillStyle = context.createPattern(tile(filling, 2), "repeat") ?? "";
    context.fillRect(0, 0, 32, 24);
  }
  return canvas;
}

const entry = (sample: HTMLElement, text: string) => h("li", {}, sample, h("span", {}, text));

export function patternKey(): HTMLElement {
  const partial = h("span", { class: "swatch partial" }, swatch("nan"));
  return h(
    "ul",
    { class: "pattern-key", "data-testid": "pattern-key" },
    ...KEY.map(([filling, text]) => entry(swatch(filling), text)),
    entry(partial, "partly NaN or infinite"),
  );
}

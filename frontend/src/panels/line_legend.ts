/** The names of lines, each beside a piece of its line as the chart draws it. */
import type { Trace } from "../charts/lines";
import { h, svg, toggle } from "../ui/dom";

const WIDTH = 24;
const HEIGHT = 6;
const DOT = 2.2;

export class LineLegend {
  readonly element = h("ul", { class: "line-legend" });
  private key = "";

  update(traces: readonly Trace[]): void {
    toggle(this.element, traces.length > 1);
    const key = JSON.stringify(traces.map(({ name, colour }) => [name, colour]));
    if (key === this.key) return;
    this.key = key;
    this.element.replaceChildren(
      ...traces.map((trace) => h("li", {}, sample(trace), h("span", {}, trace.name))),
    );
  }
}

function sample({ colour, width, dash, dots }: Trace): SVGElement {
  const y = HEIGHT / 2;
  const line = {
    ...{ x1: 0, x2: WIDTH, y1: y, y2: y },
    stroke: colour,
    "stroke-width": width,
    "stroke-dasharray": dash?.join(" ") ?? "none",
  };
  return svg(
    "svg",
    { class: "line-sample", width: WIDTH, height: HEIGHT, "aria-hidden": "true" },
    svg("line", line),
    dots && svg("circle", { cx: WIDTH / 2, cy: y, r: DOT, fill: colour }),
  );
}

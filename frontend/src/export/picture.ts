/** A panel as it is on the page -> SVG: its canvases as images, its texts as text. */
import { SVG, svg } from "../ui/dom";

const MARGIN = 12;
const LEFT_OUT =
  ".panel-tools button, .panel-message, .crosshair, .selection, .cell-outline, .legend-hold, .save-menu";

/** XML has no control characters and no half of a surrogate pair: one would spoil the whole file. */
export const asXml = (text: string): string =>
  text.replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}");

function isVisible(element: Element): boolean {
  const { width, height } = element.getBoundingClientRect();
  return width > 0 && height > 0 && getComputedStyle(element).visibility === "visible";
}

const ownText = (element: Element): string =>
  [...element.childNodes]
    .filter((node) => node.nodeType === Node.TEXT_NODE)
    .map((node) => node.textContent ?? "")
    .join("")
    .trim();

function draw(element: Element, origin: DOMRect): SVGElement[] {
  const box = element.getBoundingClientRect();
  const [x, y] = [box.left - origin.left + MARGIN, box.top - origin.top + MARGIN];
  const { width, height } = box;
  const style = getComputedStyle(element);
  if (element instanceof HTMLCanvasElement)
    return [svg("image", { x, y, width, height, href: element.toDataURL("image/png") })];
  if (element.classList.contains("marker-line")) {
    const fill = style.getPropertyValue("--line-colour").trim();
    const dash = element.classList.contains("follows") ? { "stroke-dasharray": "5 3" } : {};
    const at = { x1: x + width / 2, x2: x + width / 2, y1: y, y2: y + height };
    const line = svg("line", { ...at, stroke: fill, "stroke-width": width, ...dash });
    // On the page a shadow keeps it apart from the colours beneath it.
    if (style.boxShadow === "none") return [line];
    const halo = { stroke: "#fff", "stroke-opacity": 0.85, "stroke-width": width + 2 };
    return [svg("line", { ...at, ...halo }), line];
  }
  if (element instanceof SVGElement)
    return element.localName === "svg" ? [copyOf(element, x, y)] : [];
  if (element.matches(".swatch.partial"))
    return [svg("rect", { x, y, width, height, fill: style.backgroundColor })];
  if (element.classList.contains("legend-bar")) return legendBar(element, { x, y, width, height });
  const text = ownText(element);
  // What the page cuts short would run over its neighbour here.
  const isCut =
    element.matches(".panel-subtitle") &&
    (element.scrollWidth > element.clientWidth || element.scrollHeight > element.clientHeight);
  if (text === "" || isCut) return [];
  const attributes = {
    x,
    y: y + height / 2,
    fill: style.color,
    "font-family": style.fontFamily,
    "font-size": style.fontSize,
    "font-weight": style.fontWeight,
    "dominant-baseline": "central",
  };
  if (style.writingMode === "horizontal-tb") return [svg("text", attributes, asXml(text))];
  const [middle, centre] = [x + width / 2, y + height / 2];
  const turned = { x: middle, y: centre, transform: `rotate(90 ${middle} ${centre})` };
  return [svg("text", { ...attributes, ...turned, "text-anchor": "middle" }, asXml(text))];
}

function copyOf(element: SVGElement, x: number, y: number): SVGElement {
  const copy = element.cloneNode(true) as SVGElement;
  copy.setAttribute("x", String(x));
  copy.setAttribute("y", String(y));
  return copy;
}

function legendBar(element: Element, box: Readonly<Record<string, number>>): SVGElement[] {
  const colours = getComputedStyle(element).backgroundImage.match(/rgb\([^)]*\)/g) ?? [];
  const gradient = svg("linearGradient", { id: "scale", x1: 0, x2: 0, y1: 1, y2: 0 });
  colours.forEach((colour, i) => {
    const offset = i / Math.max(1, colours.length - 1);
    gradient.append(svg("stop", { offset, "stop-color": colour }));
  });
  return [gradient, svg("rect", { ...box, fill: "url(#scale)" })];
}

export interface Picture {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/** `caption` says where the panel comes from: on its own it no longer shows that. */
export function toSvg(panel: HTMLElement, caption: string): Picture {
  const origin = panel.getBoundingClientRect();
  const [width, height] = [origin.width + 2 * MARGIN, origin.height + 2 * MARGIN + 16];
  const style = getComputedStyle(panel);
  const ground = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim();
  const root = svg("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}` });
  root.append(svg("rect", { width, height, fill: ground }));
  for (const element of panel.querySelectorAll("*"))
    if (!element.closest(LEFT_OUT) && isVisible(element)) root.append(...draw(element, origin));
  const about = { x: MARGIN, y: height - MARGIN, fill: style.color, "font-size": "11px" };
  root.append(svg("text", { ...about, "font-family": style.fontFamily }, asXml(caption)));
  return { text: new XMLSerializer().serializeToString(root), width, height };
}

const SHARPNESS = 2;

export async function toPng({ text, width, height }: Picture): Promise<Blob> {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width * SHARPNESS, height * SHARPNESS];
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => {
        if (blob) resolve(blob);
        else reject(new Error("The browser could not draw the picture."));
      }, "image/png");
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

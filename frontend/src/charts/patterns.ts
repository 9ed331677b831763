/** Fillings for cells without a finite value: each is told apart by its pattern alone. */
import { SPECIAL } from "./colour";
import { css } from "./palettes";

export type Filling = "nan" | "inf" | "-inf" | "missing" | "partial";

const TILE = 8;

type Ink = (context: CanvasRenderingContext2D) => void;

const polyline =
  (...points: readonly (readonly [number, number])[]): Ink =>
  (context) => {
    context.beginPath();
    points.forEach(([x, y], i) => {
      if (i === 0) context.moveTo(x, y);
      else context.lineTo(x, y);
    });
    context.stroke();
  };

const rising: Ink = (context) => {
  for (const shift of [-TILE, 0, TILE]) polyline([shift, TILE], [shift + TILE, 0])(context);
};
const falling: Ink = (context) => {
  for (const shift of [-TILE, 0, TILE]) polyline([shift, 0], [shift + TILE, TILE])(context);
};

const INKS: Readonly<Record<Filling, readonly [ground: string | null, line: string, ink: Ink]>> = {
  nan: [css(SPECIAL.nan), "rgba(255,255,255,.9)", rising],
  inf: [css(SPECIAL.inf), "rgba(255,255,255,.9)", polyline([0, 6], [4, 2], [8, 6])],
  "-inf": [css(SPECIAL["-inf"]), "rgba(255,255,255,.9)", polyline([0, 2], [4, 6], [8, 2])],
  missing: [null, css(SPECIAL.missing), falling],
  partial: [css(SPECIAL.nan), "#fff", rising],
};

/** One tile of a filling, for canvases and for the legend alike. */
export function tile(filling: Filling, ratio: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.round(TILE * ratio);
  const context = canvas.getContext("2d");
  if (context) {
    const [ground, line, ink] = INKS[filling];
    context.scale(canvas.width / TILE, canvas.height / TILE);
    if (ground) {
      context.fillStyle = ground;
      context.fillRect(0, 0, TILE, TILE);
    }
    context.strokeStyle = line;
    context.lineWidth = filling === "missing" ? 1 : 1.6;
    ink(context);
  }
  return canvas;
}

const cache = new Map<string, CanvasPattern>();

export function pattern(
  context: CanvasRenderingContext2D,
  filling: Filling,
  ratio: number,
): CanvasPattern | string {
  const key = `${filling}@${ratio}`;
  const found = cache.get(key) ?? context.createPattern(tile(filling, ratio), "repeat");
  if (!found) return css(SPECIAL[filling === "partial" ? "nan" : filling]);
  cache.set(key, found);
  return found;
}

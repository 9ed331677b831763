/** Paints lines with min-max bands. Gaps stay gaps: a line never bridges a missing or NaN window. */
import { pattern, type Filling } from "./patterns";
import type { Scale } from "./scale";
import { toPixel, type XMap } from "./xmap";

export interface Trace {
  readonly name: string;
  readonly colour: string;
  readonly x: Float64Array;
  readonly y: Float32Array;
  readonly low?: Float32Array;
  readonly high?: Float32Array;
  readonly dash?: readonly number[];
  readonly width: number;
  readonly dots?: boolean;
  /** Draw each value as a level from here to `x` (a mean over that extent). */
  readonly from?: Float64Array;
  readonly axis: "left" | "right";
}

/** A stretch of the x axis over which measurements were not finite. */
export interface Mark {
  readonly filling: Filling;
  readonly from: number;
  readonly to: number;
}

export interface LinesFrame {
  readonly traces: readonly Trace[];
  readonly marks: readonly Mark[];
  readonly map: XMap;
  readonly left: Scale;
  readonly right: Scale | null;
  readonly height: number;
  readonly ratio: number;
  readonly gridColour: string;
  readonly gridAt: readonly number[];
  /** Horizontal band to shade: the row's own baseline. */
  readonly band: { readonly low: number; readonly high: number; readonly colour: string } | null;
}

export const MARK_HEIGHT = 7;

export function yPixel(scale: Scale, height: number, value: number): number {
  const share = scale.share(value);
  // Far outside values are cut, since canvases lose precision with them.
  return height * (1 - Math.min(3, Math.max(-2, share)));
}

export function paintLines(canvas: HTMLCanvasElement, frame: LinesFrame): void {
  const { map, height, ratio } = frame;
  const size = [Math.round(map.width * ratio), Math.round(height * ratio)] as const;
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const context = canvas.getContext("2d");
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, map.width, height);
  context.fillStyle = frame.gridColour;
  for (const value of frame.gridAt)
    context.fillRect(0, Math.round(yPixel(frame.left, height, value)), map.width, 1);
  if (frame.band) {
    const top = yPixel(frame.left, height, frame.band.high);
    const bottom = yPixel(frame.left, height, frame.band.low);
    context.fillStyle = frame.band.colour;
    context.fillRect(0, top, map.width, Math.max(2, bottom - top));
  }
  for (const trace of frame.traces) paintTrace(context, trace, frame);
  for (const { filling, from, to } of frame.marks) {
    const x = toPixel(map, from);
    const width = Math.max(4, toPixel(map, to) - x);
    context.fillStyle = pattern(context, filling, 1);
    const y = filling === "inf" ? 0 : height - MARK_HEIGHT;
    context.fillRect(x, y, width, MARK_HEIGHT);
  }
}

/** Index ranges (inclusive) of consecutive points that can be drawn. */
export function drawable(trace: Trace, scale: Scale): [number, number][] {
  const runs: [number, number][] = [];
  let start = -1;
  for (let i = 0; i <= trace.y.length; i++) {
    const good = i < trace.y.length && Number.isFinite(scale.share(trace.y[i]!));
    if (good && start < 0) start = i;
    if (!good && start >= 0) {
      runs.push([start, i - 1]);
      start = -1;
    }
  }
  return runs;
}

function paintTrace(context: CanvasRenderingContext2D, trace: Trace, frame: LinesFrame): void {
  const scale = trace.axis === "right" && frame.right ? frame.right : frame.left;
  const px = (i: number) => toPixel(frame.map, trace.x[i]!);
  const py = (value: number) => yPixel(scale, frame.height, value);
  const runs = drawable(trace, scale);
  if (trace.low && trace.high) {
    context.fillStyle = trace.colour;
    context.globalAlpha = 0.2;
    for (const [a, b] of runs) {
      context.beginPath();
      for (let i = a; i <= b; i++) context.lineTo(px(i), py(finite(trace.high[i], trace.y[i]!)));
      for (let i = b; i >= a; i--) context.lineTo(px(i), py(finite(trace.low[i], trace.y[i]!)));
      context.fill();
    }
    context.globalAlpha = 1;
  }
  context.strokeStyle = context.fillStyle = trace.colour;
  context.lineWidth = trace.width;
  context.lineJoin = "round";
  context.setLineDash([...(trace.dash ?? [])]);
  for (const [a, b] of runs) {
    context.beginPath();
    for (let i = a; i <= b; i++) {
      if (trace.from) context.lineTo(toPixel(frame.map, trace.from[i]!), py(trace.y[i]!));
      context.lineTo(px(i), py(trace.y[i]!));
    }
    context.stroke();
    const spaced = (px(b) - px(a)) / Math.max(1, b - a) > 7;
    if (a === b || (trace.dots && spaced))
      for (let i = a; i <= b; i++) {
        context.beginPath();
        context.arc(px(i), py(trace.y[i]!), 2.2, 0, 2 * Math.PI);
        context.fill();
      }
  }
  context.setLineDash([]);
}

const finite = (value: number | undefined, otherwise: number): number =>
  value !== undefined && Number.isFinite(value) ? value : otherwise;

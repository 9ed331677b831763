/** Ticks of the shared x axis, in its three units. */
import { formatClock, formatCount, formatNumber } from "../ui/format";
import type { AxisMode } from "../model/columns";
import { clockTicks, linearTicks } from "./scale";
import { toPixel, type XMap } from "./xmap";

export interface Tick {
  readonly x: number;
  readonly text: string;
}

const PIXELS_A_TICK = 70;

export function xTicks(map: XMap, mode: AxisMode): Tick[] {
  const [a, b] = map.domain;
  const count = Math.max(2, Math.floor(map.width / PIXELS_A_TICK));
  const values =
    mode === "wall" ? clockTicks(a, b, count) : linearTicks(a, b, count, mode === "step");
  return values.map((value) => ({ x: toPixel(map, value), text: xText(value, mode, b - a) }));
}

function xText(value: number, mode: AxisMode, range: number): string {
  if (mode === "wall") return formatClock(value, range);
  return mode === "step" ? formatCount(value) : formatNumber(value, 6);
}

export const AXIS_NAMES: Readonly<Record<AxisMode, string>> = {
  epoch: "epoch",
  step: "step",
  wall: "wall time",
};

/** The visible part of the x axis: within what there is, and the same on every axis. */
import { clampZoom } from "./charts/xmap";
import { convert, type AxisMode } from "./model/columns";
import type { Scene } from "./model/scene";
import type { Library } from "./state/library";
import type { ViewState } from "./state/view";

type Range = readonly [number, number];

const exact = (value: number): number => Number(value.toPrecision(14));

/** Within what there is, and as exact as the URL says it: a link opens the very same view. */
export function tidyZoom(range: Range | null, full: Range | null): Range | null {
  const zoom = range && full ? clampZoom(range, full) : null;
  return zoom && [exact(zoom[0]), exact(zoom[1])];
}

/** On a change of axis the same part of the run stays in sight. */
export function zoomOnAxis(
  { zoom, axis }: ViewState,
  before: AxisMode,
  scene: Scene,
  library: Library,
): Range | null {
  if (!zoom) return null;
  const finest = scene.runs
    .flatMap(({ run }) => [...library.entry(run).series.values()])
    .map(({ full }) => full)
    .reduce((best, full) => ((full?.windows ?? 0) > (best?.windows ?? 0) ? full : best), null);
  const [a, b] = finest ? zoom.map((value) => convert(finest.x, value, before, axis)) : [];
  return a !== undefined && b !== undefined && a < b ? [exact(a), exact(b)] : null;
}

/** A zoom into what the chosen runs do not have would show nothing. */
export const isBeside = (zoom: Range | null, full: Range | null): boolean =>
  zoom !== null && full !== null && (zoom[0] >= full[1] || zoom[1] <= full[0]);

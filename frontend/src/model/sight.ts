/** What part of a series is in sight, and in which steps that is. */
import type { SeriesValues } from "../api/types";
import type { SeriesEntry } from "../state/entries";
import type { ViewState } from "../state/view";
import { extents, overlapping, span, type AxisMode } from "./columns";

/** The values to draw: the finer part where it covers what is in sight, else all. */
export function inSight(
  entry: SeriesEntry | null,
  mode: AxisMode,
  domain: readonly [number, number],
): SeriesValues | null {
  if (!entry) return null;
  const { detail, full } = entry;
  const have = detail && span(extents(detail.x, mode));
  const all = full && span(extents(full.x, mode));
  if (!have || !all) return full;
  const a = Math.max(domain[0], all[0]);
  const b = Math.min(domain[1], all[1]);
  return have[0] <= a && have[1] >= b ? detail : full;
}

/** The steps in sight, widened to whole columns: what to ask for in finer columns. */
export function stepsInSight(
  values: SeriesValues,
  mode: AxisMode,
  zoom: readonly [number, number],
): readonly [number, number] | null {
  const range = overlapping(extents(values.x, mode), zoom[0], zoom[1]);
  return range && [values.x.firstStep[range[0]]!, values.x.lastStep[range[1]]!];
}

/** Steps in sight of a zoom; null where all of them are. */
export const savedRange = (
  values: SeriesValues | null,
  { axis, zoom }: ViewState,
): readonly [number, number] | null => (values && zoom ? stepsInSight(values, axis, zoom) : null);

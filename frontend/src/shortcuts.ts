/** Keys that hold anywhere on the page: plus and minus zoom, 0 shows all, Escape lets go. */
import type { XMap } from "./charts/xmap";
import type { Actions, Pointed } from "./panels/context";

interface Shown {
  readonly full: readonly [number, number] | null;
  readonly map: XMap;
  readonly pointed: Pointed | null;
  readonly actions: Actions;
}

const ZOOM_FACTOR = 1.6;

export function pageKey(event: KeyboardEvent, { full, map, pointed, actions }: Shown): void {
  const target = event.target as HTMLElement | null;
  if (event.key === "Escape") {
    actions.leave();
    return;
  }
  if (target?.closest("input, textarea, select") || event.ctrlKey) return;
  if (event.key === "0") actions.zoom(null);
  else if (["+", "-", "="].includes(event.key)) {
    const [a, b] = map.domain;
    const centre = pointed?.x ?? (a + b) / 2;
    const factor = event.key === "-" ? ZOOM_FACTOR : 1 / ZOOM_FACTOR;
    if (full) actions.zoom([centre - (centre - a) * factor, centre + (b - centre) * factor]);
  } else return;
  event.preventDefault();
}

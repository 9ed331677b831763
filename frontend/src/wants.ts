/** What is shown decides what is asked for: as many columns as there are pixels, finer where zoomed in. */
import { stepsInSight } from "./model/sight";
import { tagsOf, type Scene } from "./model/scene";
import type { Library } from "./state/library";
import type { ViewState } from "./state/view";

/** More columns than this a pixel nobody can see. */
const MOST_RATIO = 2;

export function askForShown(scene: Scene, library: Library, view: ViewState, width: number): void {
  const columns = Math.round(width * Math.min(MOST_RATIO, window.devicePixelRatio || 1));
  for (const { run, detail, panels } of scene.runs) {
    library.wantRun(run);
    if (!detail) continue;
    const tags = new Set(panels.flatMap((panel) => tagsOf(panel, detail)));
    for (const tag of tags) {
      const full = library.series(run, tag)?.full;
      const range = view.zoom && full ? stepsInSight(full, view.axis, view.zoom) : null;
      library.wantSeries({ run, tag, columns, range });
    }
  }
}

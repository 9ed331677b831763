/** `window.tbStability`: what the page shows, for browser tests. Reads only. */
import type { App } from "./app";
import { toPixel } from "./charts/xmap";
import { inSight } from "./model/sight";
import { extents } from "./model/columns";
import { markerLabel } from "./panels/marker_strip";
import type { Panel } from "./panels/context";

function panelOf(app: App, run: string, tag: string): Panel | null {
  for (const panel of app.sections.get(run)?.panels.values() ?? [])
    if (panel.element.dataset["tag"] === tag && panel.element.dataset["kind"] !== "row")
      return panel;
  return null;
}

export function debugSurface(app: App) {
  const valuesOf = (run: string, tag: string) =>
    inSight(app.library.series(run, tag), app.view.get().axis, app.map.domain);
  return Object.freeze({
    state: () => ({
      ...app.view.get(),
      busy: app.busy,
      domain: [...app.scene.domain],
      full: app.scene.full ? [...app.scene.full] : null,
      plotWidth: app.map.width,
      shown: app.scene.runs.map(({ run, summary, panels, error }) => ({
        run,
        error,
        status: summary.status,
        revision: summary.revision,
        panels: panels.map(({ kind, tag }) => ({ kind, tag })),
      })),
    }),
    columns: (run: string, tag: string) => {
      const values = valuesOf(run, tag);
      if (!values) return null;
      const places = extents(values.x, app.view.get().axis);
      const left = panelOf(app, run, tag)?.plotLeft() ?? NaN;
      return Array.from({ length: values.columns }, (_, i) => ({
        firstStep: values.x.firstStep[i]!,
        lastStep: values.x.lastStep[i]!,
        epochStart: values.x.epochStart[i]!,
        epochEnd: values.x.epochEnd[i]!,
        left: left + toPixel(app.map, places.start[i]!),
        right: left + toPixel(app.map, places.end[i]!),
      }));
    },
    cell: (run: string, tag: string, row: string | number, column: number) => {
      return panelOf(app, run, tag)?.cell?.(row, column) ?? null;
    },
    /** As `cell`, of the difference that is shown: `value` is a difference, or the log10 of a ratio. */
    differenceCell: (tag: string, row: string | number, column: number) => {
      for (const panel of app.difference.panels.values())
        if (panel.element.dataset["tag"] === tag && panel.cell) return panel.cell(row, column);
      return null;
    },
    /** Names of the rows of a heatmap as they are listed, from the top. */
    rows: (run: string, tag: string) => panelOf(app, run, tag)?.rowNames?.() ?? null,
    markers: () =>
      app.scene.runs.flatMap(({ run, markers }) =>
        [...(app.sections.get(run)?.panels.values() ?? [])].flatMap((panel) => {
          const left = panel.plotLeft();
          return markers
            .filter(({ x }) => x !== null && x >= app.map.domain[0] && x <= app.map.domain[1])
            .filter(() => Number.isFinite(left))
            .map((marker) => ({
              run,
              kind: marker.onset.kind,
              epoch: marker.onset.epoch,
              step: marker.onset.step,
              row: marker.onset.row,
              panel: panel.element.dataset["tag"] ?? "",
              panelKind: panel.element.dataset["kind"] ?? "",
              x: left + Math.round(toPixel(app.map, marker.x!)),
              label: markerLabel(marker),
            }));
        }),
      ),
  });
}

declare global {
  interface Window {
    tbStability?: ReturnType<typeof debugSurface>;
  }
}

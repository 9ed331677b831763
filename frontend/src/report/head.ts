/** The line above a report: what it is of, from when, and what it cannot do. */
import type { About, Report } from "../api/embedded";
import { h } from "../ui/dom";
import { formatDateTime } from "../ui/format";

const MERGED =
  "To keep the file small, neighbouring windows are merged: minima, maxima and counts are kept, and " +
  "zooming shows nothing finer.";

function origin({ sources, made, version }: About): string {
  return `Report of ${sources.join(", ")}, made ${formatDateTime(made)} with tb_stability ${version}. `;
}

export function reportHead(report: Report): HTMLElement {
  const isMerged = report.series.some(({ windows, columns }) => windows > columns);
  return h(
    "header",
    { class: "report-head", "data-testid": "report-head" },
    origin(report.about),
    "It shows the runs as they were then. ",
    isMerged && MERGED,
  );
}

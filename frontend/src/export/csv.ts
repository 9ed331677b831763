/** Measurements as CSV: one line a row and column, as they are in sight. */
import type { SeriesValues } from "../api/types";

const PLACES = ["first_step", "last_step", "epoch_start", "epoch_end", "wall_time"] as const;

/** Quoted where it must be. A name that a spreadsheet would take for a formula is made text. */
export function field(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function number(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  return String(Number(value.toPrecision(9)));
}

/** A place that a run does not have stays empty. */
const placeText = (value: number): string => (Number.isNaN(value) ? "" : number(value));

/** What was not measured stays empty, which is not the same as NaN. */
export function toCsv(
  all: readonly SeriesValues[],
  range: readonly [number, number] | null,
): string {
  const statistics = [...new Set(all.flatMap((series) => [...series.statistics.keys()]))];
  const lines = [["run", "tag", "row", ...PLACES, ...statistics].join(",")];
  for (const series of all) {
    const { x, columns } = series;
    const counts = series.statistics.get("count");
    const places = [x.firstStep, x.lastStep, x.epochStart, x.epochEnd, x.wallTime];
    series.rows.forEach((row, r) => {
      for (let column = 0; column < columns; column++) {
        const outside =
          range && (x.lastStep[column]! < range[0] || x.firstStep[column]! > range[1]);
        if (outside) continue;
        const at = r * columns + column;
        const missing = counts?.[at] === 0;
        const values = statistics.map((name) => {
          const value = series.statistics.get(name)?.[at];
          return value === undefined || (missing && name !== "count") ? "" : number(value);
        });
        lines.push(
          [
            ...[series.run, series.tag, row].map(field),
            ...places.map((place) => placeText(place[column]!)),
            ...values,
          ].join(","),
        );
      }
    });
  }
  return lines.join("\n") + "\n";
}

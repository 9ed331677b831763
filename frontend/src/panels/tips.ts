/** What the tooltip and the screen reader say of a cell. */
import type { SeriesValues } from "../api/types";
import type { Baseline } from "../model/baseline";
import { cellAt, type Cell, type Statistic } from "../model/cells";
import type { ListedRow } from "../model/rows";
import type { Marker } from "../model/scene";
import type { SummaryRow } from "../model/summary_rows";
import { formatDateTime, formatNumber, formatPlain } from "../ui/format";
import type { Reading, Tip } from "./context";
import { onsetPlace, onsetTitle } from "./onset_card";

/** "epoch 9.2–9.3 · steps 691–695" */
export function placeOf(values: SeriesValues, column: number): string {
  const { x } = values;
  const [first, last] = [x.firstStep[column]!, x.lastStep[column]!];
  const [start, end] = [x.epochStart[column]!, x.epochEnd[column]!];
  const whole = Math.floor(start + 1e-9);
  const epoch =
    end <= whole + 1 + 1e-9 && end - start > 1 - 1e-9
      ? `epoch ${whole}`
      : `epoch ${formatNumber(start, 4)}–${formatNumber(end, 4)}`;
  const steps = first === last ? `step ${first}` : `steps ${first}–${last}`;
  return `${epoch} · ${steps} · ${formatDateTime(x.wallTime[column]!)}`;
}

/** "14× the row's baseline 2.2 ± 0.4 (its median before the first onset, step 676)" */
export function comparedWith(value: number, baseline: Baseline | null): string {
  if (!baseline) return "no baseline: too few windows before the first onset";
  const { median, spread, until } = baseline;
  const usual = `${formatNumber(median, 3)} ± ${formatNumber(spread, 2)}`;
  const where = until === null ? "its median" : `its median before the first onset, step ${until}`;
  const away = value - median;
  // A ratio to nothing, or of signs that differ, says nothing.
  const size =
    median > 0 && value > 0
      ? `${formatPlain(value / median, 2)}×`
      : `${formatPlain(Math.abs(away))} ${away < 0 ? "below" : "above"}`;
  return `${size} the row's baseline ${usual} (${where})`;
}

function nonfiniteRemark(cell: Cell): string | null {
  if (cell.nonfinite <= 0) return null;
  const what = cell.class === "inf" ? "+Inf" : cell.class === "-inf" ? "−Inf" : "NaN";
  const kind = cell.class === "value" ? "NaN or infinite" : what;
  return cell.nonfiniteStep === null ? kind : `${kind} at step ${cell.nonfiniteStep}`;
}

export function cellTip(
  row: string,
  place: string,
  cell: Cell,
  baseline: Baseline | null,
  hasWindow: boolean,
): Tip {
  if (cell.class === "missing")
    return { title: row, place, readings: [], remarks: ["missing: never measured here"] };
  const readings: Reading[] = hasWindow
    ? [
        { name: "mean", value: formatNumber(cell.mean) },
        { name: "min", value: formatNumber(cell.min) },
        { name: "max", value: formatNumber(cell.max) },
        { name: "last", value: formatNumber(cell.last) },
        { name: "count", value: formatNumber(cell.count) },
        { name: "non-finite", value: formatNumber(cell.nonfinite) },
      ]
    : [{ name: "value", value: formatNumber(cell.value) }];
  const remarks = [
    nonfiniteRemark(cell),
    cell.class === "value" ? comparedWith(cell.value, baseline) : null,
  ].filter((remark): remark is string => remark !== null);
  return { title: row, place, readings, remarks };
}

/** Of rows folded into one: the largest, whose it is, and how many are not finite. */
export function foldedTip(
  { name, members }: ListedRow,
  place: string,
  source: SeriesValues,
  { largest }: SummaryRow,
  column: number,
  statistic: Statistic,
): Tip {
  const cells = members
    .map((row) => cellAt(source, row, column, statistic))
    .filter((cell) => cell !== null && cell.class !== "missing");
  const row = largest[column] ?? -1;
  const odd = cells.filter((cell) => cell !== null && cell.nonfinite > 0).length;
  const cell = row < 0 ? null : cellAt(source, row, column, statistic);
  const remarks = [
    cell &&
      `largest ${statistic} of ${members.length} rows: ${formatNumber(cell.value)} in ${source.rows[row] ?? ""}`,
    !cell && cells.length > 0 && "no row has a finite value",
    !cells.length && "missing: never measured here",
    odd > 0 && `${odd} of ${members.length} rows: NaN or infinite`,
    "Click to unfold.",
  ].filter((remark): remark is string => typeof remark === "string");
  return { title: name, place, readings: [], remarks };
}

export function cellSpeech(row: string, place: string, cell: Cell): string {
  const head = `${row}, ${place}: `;
  if (cell.class === "missing") return `${head}missing`;
  const remark = nonfiniteRemark(cell);
  return head + formatNumber(cell.value) + (remark ? `, ${remark}` : "");
}

export function withMarker(tip: Tip, { onset }: Marker, beside: number): Tip {
  const others = beside > 0 ? `, and ${beside} more here` : "";
  const remark = `▼ ${onsetTitle(onset)}, ${onsetPlace(onset)}${others}. Click for evidence and remedies.`;
  return { ...tip, remarks: [...tip.remarks, remark] };
}

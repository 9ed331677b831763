/** What the tooltip and the screen reader say of a cell. */
import type { SeriesValues } from "../api/types";
import type { Cell } from "../model/cells";
import type { Marker } from "../model/scene";
import { formatDateTime, formatNumber } from "../ui/format";
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

function compared(value: number, usual: number): string | null {
  if (!(usual > 0) || !(value > 0) || !Number.isFinite(value)) return null;
  const ratio = value / usual;
  return `${formatNumber(ratio, 2)}× the row's median ${formatNumber(usual, 3)}`;
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
  usual: number | null,
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
    cell.class === "value" && usual !== null ? compared(cell.value, usual) : null,
  ].filter((remark): remark is string => remark !== null);
  return { title: row, place, readings, remarks };
}

export function cellSpeech(row: string, place: string, cell: Cell): string {
  const head = `${row}, ${place}: `;
  if (cell.class === "missing") return `${head}missing`;
  const remark = nonfiniteRemark(cell);
  return head + formatNumber(cell.value) + (remark ? `, ${remark}` : "");
}

export function withMarker(tip: Tip, { onset }: Marker): Tip {
  const remark = `▼ ${onsetTitle(onset)}, ${onsetPlace(onset)}. Click for evidence and remedies.`;
  return { ...tip, remarks: [...tip.remarks, remark] };
}

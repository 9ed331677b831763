/** What Keras logs per epoch: one tag a name; training and validation figures belong together. */
import type { RunDetail, SeriesInfo } from "../api/types";

const TOP_LOGS: ReadonlySet<string> = new Set(["loss", "val_loss"]);
const RATE_LOGS: ReadonlySet<string> = new Set(["lr", "learning_rate"]);

export const infosOf = (detail: RunDetail | null, quantity: string): readonly SeriesInfo[] =>
  detail?.series.filter((info) => info.quantity === quantity) ?? [];

/** "accuracy" and "val_accuracy" belong together. */
export const logFamily = (name: string): string => name.replace(/^val_/, "");

export interface LogRow {
  readonly info: SeriesInfo;
  readonly name: string;
}

export const logRows = (detail: RunDetail | null): LogRow[] =>
  infosOf(detail, "epoch_logs").flatMap((info) => info.rows.map((name) => ({ info, name })));

/** Those that the top panel draws beside the loss. */
export const isTopLog = ({ name }: LogRow): boolean => TOP_LOGS.has(name);

/** Families of epoch logs that the top panel does not draw, in their order. */
export function otherFamilies(detail: RunDetail): string[] {
  const names = logRows(detail).filter((row) => !isTopLog(row) && !RATE_LOGS.has(row.name));
  return [...new Set(names.map(({ name }) => logFamily(name)))];
}

/** The engine's verdict on a run, in one line. Nothing is concluded here that it did not say. */
import type { OnsetPlace, RunSummary, Severity } from "../api/types";
import { formatAgo } from "../ui/format";

/** `pending`: not judged yet, so neither good nor bad. */
export type Mood = Severity | "ok" | "none" | "pending";

/** Kinds after which a run no longer learns: they are said as such. */
const DIVERGED = /^(nonfinite_|exploding_gradient$|loss_divergence$)/;

export function moodOf(summary: RunSummary): Mood {
  if (summary.judgement === "pending") return "pending";
  if (summary.severity) return summary.severity;
  return summary.steps > 0 ? "ok" : "none";
}

export const MOODS: readonly Mood[] = ["critical", "warning", "info", "ok", "none", "pending"];

/** The first of the sickest runs. */
export function sickest<T extends RunSummary>(runs: readonly T[]): T {
  const rank = (run: T): number => MOODS.indexOf(moodOf(run));
  return runs.reduce((best, run) => (rank(run) < rank(best) ? run : best));
}

export function badge(summary: RunSummary): string {
  const { firstOnset } = summary;
  switch (moodOf(summary)) {
    case "critical":
      return firstOnset && DIVERGED.test(firstOnset.kind) ? "Diverged" : "Unstable";
    case "warning":
      return "Suspect";
    case "info":
      return "Noted";
    case "ok":
      return "Stable";
    case "none":
      return "No data";
    case "pending":
      return "Judging";
  }
}

/** The kind inside a sentence: "exploding gradient", but "NaN in the weights". */
export const kindName = ({ title }: OnsetPlace): string =>
  /^\p{Lu}\p{Ll}+\b/u.test(title) ? title.charAt(0).toLowerCase() + title.slice(1) : title;

export const placeText = (place: OnsetPlace): string => `${kindName(place)} · epoch ${place.epoch}`;

const epochs = (count: number): string => `${count} epoch${count === 1 ? "" : "s"}`;

export function verdict(summary: RunSummary): string {
  const { firstOnset } = summary;
  if (firstOnset) {
    const since = moodOf(summary) === "info" ? "at" : "since";
    const word = badge(summary).toLowerCase();
    return `${word} ${since} epoch ${firstOnset.epoch}: ${kindName(firstOnset)}`;
  }
  if (moodOf(summary) === "pending") return "judging …";
  if (moodOf(summary) === "none") return "nothing recorded yet";
  return `stable, ${epochs(summary.epochs)}`;
}

export function statusText(summary: RunSummary, now: number): string {
  const { status, lastWallTime, judgement } = summary;
  if (judgement === "pending") return "";
  const ago = lastWallTime === null ? "" : `, last update ${formatAgo(now - lastWallTime)}`;
  if (status === "training") return `still training${ago}`;
  if (status === "interrupted") return "interrupted";
  return status === "finished" ? "finished" : "end not recorded";
}

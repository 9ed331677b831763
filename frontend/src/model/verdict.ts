/** The engine's verdict on a run, in one line. Nothing is concluded here that it did not say. */
import type { OnsetPlace, RunSummary, Severity } from "../api/types";
import { formatAgo, words } from "../ui/format";

export type Mood = Severity | "ok" | "none";

/** Kinds after which a run no longer learns: they are said as such. */
const DIVERGED = /^(nonfinite_|exploding_gradient$|loss_divergence$)/;

export function moodOf(summary: RunSummary): Mood {
  if (summary.severity) return summary.severity;
  return summary.steps > 0 ? "ok" : "none";
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
  }
}

const NAMES: Readonly<Record<string, string>> = {
  nonfinite_loss: "non-finite loss",
  nonfinite_gradient: "non-finite gradient",
  nonfinite_weights: "non-finite weights",
  nonfinite_input: "non-finite input",
  dead_relu: "dead ReLU",
};

export const kindName = (kind: string): string => NAMES[kind] ?? words(kind);

export const placeText = ({ kind, epoch }: OnsetPlace): string =>
  `${kindName(kind)} · epoch ${epoch}`;

const epochs = (count: number): string => `${count} epoch${count === 1 ? "" : "s"}`;

export function verdict(summary: RunSummary): string {
  const { firstOnset } = summary;
  if (firstOnset) {
    const since = moodOf(summary) === "info" ? "at" : "since";
    const word = badge(summary).toLowerCase();
    return `${word} ${since} epoch ${firstOnset.epoch}: ${kindName(firstOnset.kind)}`;
  }
  if (moodOf(summary) === "none") return "nothing recorded yet";
  return `stable, ${epochs(summary.epochs)}`;
}

export function statusText(summary: RunSummary, now: number): string {
  const { status, lastWallTime } = summary;
  const ago = lastWallTime === null ? "" : `, last update ${formatAgo(now - lastWallTime)}`;
  if (status === "training") return `still training${ago}`;
  if (status === "interrupted") return "interrupted";
  return status === "finished" ? "finished" : "end not recorded";
}

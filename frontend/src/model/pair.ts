/** The two runs whose difference is shown, and what they have in common. */
import type { RunSummary, SeriesInfo } from "../api/types";
import type { ViewState } from "../state/view";
import { infosOf } from "./epoch_logs";
import type { Marker, PanelSpec, RunScene, Scene } from "./scene";

export interface Pair {
  readonly first: RunScene;
  readonly second: RunScene;
  /** Their markers together, in order of step. */
  readonly markers: readonly Marker[];
}

/** null where no difference was asked for, or one of the two is not shown. */
export function pairOf({ runs }: Scene, { difference }: ViewState): Pair | null {
  if (!difference) return null;
  const [first, second] = difference.map((name) => runs.find(({ run }) => run === name));
  if (!first || !second) return null;
  const markers = [...first.markers, ...second.markers].sort((a, b) => a.onset.step - b.onset.step);
  return { first, second, markers };
}

const isWell = ({ severity, judgement }: RunSummary): boolean =>
  severity === null && judgement !== "pending";

/** Which difference to offer: the sickest of the runs against the first healthy one. */
export function offeredPair(runs: readonly RunScene[]): readonly [string, string] | null {
  const [one, two] = runs;
  if (!one || !two) return null;
  const sick = runs.find(({ summary }) => summary.severity === "critical") ?? one;
  const well = runs.find((run) => run !== sick && isWell(run.summary));
  const other = well ?? runs.find((run) => run !== sick) ?? two;
  return [sick.run, other.run];
}

export interface PairPanel {
  readonly kind: "loss" | "heatmap" | "row";
  readonly id: string;
  readonly tag: string;
  readonly info: SeriesInfo;
  /** Whose histories it shows; "" for the other kinds. */
  readonly row: string;
}

/** The losses, every heatmap that both runs show, and the histories of the row that is chosen. */
export function pairPanels({ first, second }: Pair): PairPanel[] {
  const id = (...parts: readonly string[]) =>
    JSON.stringify(["difference", first.run, second.run, ...parts]);
  const panels: PairPanel[] = [];
  const [loss] = infosOf(first.detail, "loss");
  const hasLoss = [first, second].every(({ panels: own }) =>
    own.some(({ kind }) => kind === "loss"),
  );
  if (loss && hasLoss && infosOf(second.detail, "loss").length)
    panels.push({ kind: "loss", id: id(loss.tag), tag: loss.tag, info: loss, row: "" });
  const theirs = new Set(second.panels.filter(isHeatmap).map(({ tag }) => tag));
  for (const panel of first.panels) {
    const { tag } = panel;
    if (!theirs.has(tag)) continue;
    if (panel.kind === "heatmap")
      panels.push({ kind: "heatmap", id: id(tag), tag, info: panel.info, row: "" });
    if (panel.kind === "row")
      panels.push({ kind: "row", id: id(tag, panel.row), tag, info: panel.info, row: panel.row });
  }
  return panels;
}

const isHeatmap = ({ kind }: PanelSpec): boolean => kind === "heatmap";

/** How many runs of each mood there are; pressed, only those are listed. */
import type { RunSummary } from "../api/types";
import { MOODS, moodOf, type Mood } from "../model/verdict";
import { h, toggle } from "../ui/dom";
import { SHAPES } from "./run_item";

const NAMES: Readonly<Record<Mood, string>> = {
  critical: "failed or unstable",
  warning: "suspect",
  info: "noted",
  ok: "stable",
  none: "without data",
  pending: "being judged",
};

export class MoodFilter {
  readonly element = h("div", {
    class: "mood-filter",
    role: "group",
    "aria-label": "List only runs that are",
    "data-testid": "mood-filter",
    hidden: true,
  });
  private mood: Mood | null = null;
  private key = "";

  constructor(private readonly changed: () => void) {}

  lets(summary: RunSummary): boolean {
    return this.mood === null || moodOf(summary) === this.mood;
  }

  update(all: readonly RunSummary[], shown: boolean): void {
    const counts = MOODS.map(
      (mood) => [mood, all.filter((run) => moodOf(run) === mood).length] as const,
    ).filter(([, count]) => count > 0);
    // The last run of a mood may recover: what is not offered any more cannot be let go of.
    if (!shown || counts.every(([mood]) => mood !== this.mood)) this.mood = null;
    toggle(this.element, shown);
    const key = JSON.stringify([counts, this.mood]);
    if (key === this.key) return;
    this.key = key;
    const focused = this.element.contains(document.activeElement)
      ? (document.activeElement as HTMLElement).dataset["mood"]
      : undefined;
    this.element.replaceChildren(...counts.map(([mood, count]) => this.button(mood, count)));
    if (focused !== undefined)
      this.element.querySelector<HTMLElement>(`[data-mood="${CSS.escape(focused)}"]`)?.focus();
  }

  private button(mood: Mood, count: number): HTMLElement {
    const text = `${count} ${count === 1 ? "run" : "runs"} ${NAMES[mood]}`;
    return h(
      "button",
      {
        type: "button",
        title: `${text}: list only these`,
        "aria-label": text,
        "aria-pressed": String(mood === this.mood),
        "data-mood": mood,
        on: {
          click: () => {
            this.mood = mood === this.mood ? null : mood;
            this.changed();
          },
        },
      },
      h("span", { class: "dot", "aria-hidden": "true" }, SHAPES[mood]),
      String(count),
    );
  }
}

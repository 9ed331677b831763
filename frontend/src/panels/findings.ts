/** The list of findings: causes in order of onset, what followed from each folded beneath it. */
import type { Onset } from "../api/types";
import type { Marker, RunScene, Scene } from "../model/scene";
import { kindName, verdict } from "../model/verdict";
import { sameOnset, type OnsetChoice, type ViewState } from "../state/view";
import { h, reconcile, setText, toggle } from "../ui/dom";
import type { Actions } from "./context";
import { onsetBody, onsetPlace, onsetTitle } from "./onset_card";

/** All that an onset explains, also indirectly, in their order. */
export function consequencesOf(markers: readonly Marker[], index: number): Marker[] {
  const caused = new Set([index]);
  const found: Marker[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const marker of markers) {
      const { cause } = marker.onset;
      if (cause === null || !caused.has(cause) || caused.has(marker.index)) continue;
      caused.add(marker.index);
      found.push(marker);
      grew = true;
    }
  }
  return found.sort((a, b) => a.index - b.index);
}

/** Onsets nothing in the list explains. A cause that is not there must not hide its consequence. */
export const rootsOf = (markers: readonly Marker[]): Marker[] =>
  markers.filter(
    ({ onset, index }) =>
      onset.cause === null || onset.cause === index || onset.cause >= markers.length,
  );

const keyOf = ({ choice }: Marker): string =>
  JSON.stringify([choice.run, choice.kind, choice.step, choice.row]);

class Finding {
  private readonly title = h("button", { type: "button", class: "finding-title" });
  private readonly place = h("span", { class: "finding-place" });
  private readonly body = h("div");
  private readonly consequences = h("div", { class: "consequences" });
  private readonly known = new Map<string, Consequence>();
  readonly element = h(
    "article",
    { class: "finding", "data-testid": "finding" },
    h("h4", {}, this.title),
    this.place,
    this.body,
    this.consequences,
  );
  private onset: Onset | null = null;
  private choice: OnsetChoice | null = null;

  constructor(private readonly actions: Actions) {
    this.title.addEventListener("click", () => {
      this.actions.chooseOnset(this.choice);
    });
  }

  update(marker: Marker, all: readonly Marker[], chosen: OnsetChoice | null): void {
    const { onset, choice } = marker;
    this.choice = choice;
    if (this.onset !== onset) {
      this.onset = onset;
      this.element.dataset["severity"] = onset.severity;
      this.element.dataset["kind"] = onset.kind;
      setText(this.title, onsetTitle(onset));
      setText(this.place, onsetPlace(onset));
      this.body.replaceChildren(onsetBody(onset));
    }
    const isChosen = sameOnset(choice, chosen);
    this.element.classList.toggle("chosen", isChosen);
    this.title.setAttribute("aria-pressed", String(isChosen));
    reconcile(
      this.consequences,
      this.known,
      consequencesOf(all, marker.index),
      keyOf,
      () => new Consequence(this.actions),
      (item, consequence) => {
        item.update(consequence, chosen);
      },
    );
  }
}

class Consequence {
  private readonly summary = h("summary");
  private readonly body = h("div");
  readonly element = h(
    "details",
    { class: "consequence", "data-testid": "consequence" },
    this.summary,
    this.body,
  );
  private onset: Onset | null = null;
  private wasChosen = false;

  constructor(private readonly actions: Actions) {}

  update({ onset, choice }: Marker, chosen: OnsetChoice | null): void {
    if (this.onset !== onset) {
      this.onset = onset;
      const where = onset.row === null ? "" : ` in ${onset.row}`;
      setText(this.summary, `then: ${kindName(onset)}${where}, epoch ${onset.epoch}`);
      this.element.dataset["kind"] = onset.kind;
      this.body.replaceChildren(
        onsetBody(onset),
        h(
          "button",
          {
            type: "button",
            class: "quiet",
            on: {
              click: () => {
                this.actions.chooseOnset(choice);
              },
            },
          },
          "Show its marker",
        ),
      );
    }
    const isChosen = sameOnset(choice, chosen);
    if (isChosen && !this.wasChosen) this.element.open = true;
    this.wasChosen = isChosen;
    this.element.classList.toggle("chosen", isChosen);
  }
}

function nothingFound({ detail, summary }: RunScene): string {
  if (!detail?.series.length) return "Nothing to judge: the run holds no measurements.";
  const isJudged = detail.judgement !== "pending" && summary.judgement !== "pending";
  return isJudged ? `Nothing found: ${verdict(summary)}.` : "Judging …";
}

class RunFindings {
  private readonly title = h("h3");
  private readonly none = h("p", { class: "no-findings" });
  private readonly list = h("div", { class: "finding-list" });
  private readonly known = new Map<string, Finding>();
  readonly element = h("section", { class: "run-findings" }, this.title, this.none, this.list);

  constructor(private readonly actions: Actions) {}

  update(scene: RunScene, view: ViewState, several: boolean): void {
    setText(this.title, scene.run);
    // With one run its name would only repeat the page; the outline of headings wants it.
    this.title.classList.toggle("off-screen", !several);
    toggle(this.none, scene.detail !== null && scene.markers.length === 0);
    setText(this.none, nothingFound(scene));
    reconcile(
      this.list,
      this.known,
      rootsOf(scene.markers),
      keyOf,
      () => new Finding(this.actions),
      (finding, marker) => {
        finding.update(marker, scene.markers, view.onset);
      },
    );
  }
}

export class Findings {
  private readonly runs = h("div");
  private readonly known = new Map<string, RunFindings>();
  readonly element = h(
    "aside",
    { class: "findings", "aria-label": "Findings", "data-testid": "findings" },
    h("h2", {}, "Findings", h("span", { class: "hint" }, "cause first")),
    this.runs,
  );
  private shown: OnsetChoice | null = null;

  constructor(private readonly actions: Actions) {}

  update(scene: Scene, view: ViewState): void {
    reconcile(
      this.runs,
      this.known,
      scene.runs,
      ({ run }) => run,
      () => new RunFindings(this.actions),
      (section, run) => {
        section.update(run, view, scene.runs.length > 1);
      },
    );
    if (view.onset === this.shown) return;
    const target = this.element.querySelector(".consequence.chosen, .finding.chosen");
    if (view.onset && !target) return;
    this.shown = view.onset;
    target?.scrollIntoView({ block: "nearest" });
  }
}

/** Which run the page opens with, where nobody chose one: the sickest. */
import type { RunSummary } from "./api/types";
import { MOODS, moodOf, sickest } from "./model/verdict";
import type { Library } from "./state/library";
import type { Store } from "./state/store";
import type { ViewState } from "./state/view";

/** Then it opens with the sickest run that is known, though others are not judged yet. */
const OPENS_WITHIN_MS = 3000;

export class Opening {
  private listedAt: number | null = null;

  constructor(
    private readonly view: Store<ViewState>,
    private readonly library: Library,
  ) {}

  /** Verdicts that are still to come may say that another run is the sickest: they are waited for. */
  isUnderWay(listed: readonly RunSummary[]): boolean {
    if (this.view.get().runs !== null || listed.length < 2) return false;
    this.listedAt ??= performance.now();
    return this.library.unjudged > 0 && performance.now() < this.listedAt + OPENS_WITHIN_MS;
  }

  /** Chooses a run, unless one is chosen or it cannot be known yet. */
  choose(listed: readonly RunSummary[]): void {
    if (this.view.get().runs !== null || !listed.length) return;
    const best = sickest(listed);
    if (this.isUnderWay(listed) && moodOf(best) !== MOODS[0]) return;
    this.view.set({ runs: [best.run] });
  }
}

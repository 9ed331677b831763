/**
 * When the list of runs is asked for again: at once while runs are being judged, often while one
 * trains, seldom otherwise.
 */
import type { Library } from "./state/library";

const TRAINING_MS = 5000;
const IDLE_MS = 30000;
const JUDGING_MS = 100;

export class Polling {
  private last = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly library: Library,
    private readonly isShown: () => boolean,
  ) {}

  async now(): Promise<void> {
    this.last = performance.now();
    await this.library.refresh();
    clearTimeout(this.timer);
    if (this.library.unjudged > 0 && this.library.runsError === null)
      this.timer = setTimeout(() => void this.now(), JUDGING_MS);
  }

  /** Called once a second. */
  tick(isTraining: boolean): void {
    const wait = isTraining || !this.library.runs?.length ? TRAINING_MS : IDLE_MS;
    const seen = !document.hidden && this.isShown();
    if (seen && performance.now() - this.last >= wait) void this.now();
  }
}

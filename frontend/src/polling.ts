/** When the list of runs is asked for again: often while a run trains, seldom otherwise. */
import type { Library } from "./state/library";

const TRAINING_MS = 5000;
const IDLE_MS = 30000;

export class Polling {
  private last = 0;

  constructor(
    private readonly library: Library,
    private readonly isShown: () => boolean,
  ) {}

  now(): Promise<void> {
    this.last = performance.now();
    return this.library.refresh();
  }

  /** Called once a second. */
  tick(isTraining: boolean): void {
    const wait = isTraining || !this.library.runs?.length ? TRAINING_MS : IDLE_MS;
    const seen = !document.hidden && this.isShown();
    if (seen && performance.now() - this.last >= wait) void this.now();
  }
}

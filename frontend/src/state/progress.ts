/** How far requests are that are under way together. */
export interface Progress {
  readonly done: number;
  readonly total: number;
}

export class Counter {
  /** null while nothing is under way. */
  now: Progress | null = null;

  begin(): void {
    const { done, total } = this.now ?? { done: 0, total: 0 };
    this.now = { done, total: total + 1 };
  }

  end(): void {
    const { done, total } = this.now ?? { done: 0, total: 0 };
    this.now = done + 1 < total ? { done: done + 1, total } : null;
  }
}

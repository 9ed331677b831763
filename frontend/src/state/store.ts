/** A value that can be watched. Listeners hear of a change once it is made, and of nothing else. */
export interface Store<T extends object> {
  get(): T;
  /** Change some fields; those that stay equal do not count as a change. */
  set(patch: Partial<T>): void;
  subscribe(listener: (value: T, before: T) => void): () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<(value: T, before: T) => void>();
  return {
    get: () => value,
    set(patch) {
      const before = value;
      const keys = Object.keys(patch) as (keyof T)[];
      if (keys.every((key) => equal(before[key], patch[key]))) return;
      value = { ...before, ...patch };
      for (const listener of [...listeners]) listener(value, before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Equality by content: view states are small and plain. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => equal(x[key], y[key]));
}

/** A page that stands alone: its link is its own hash, its theme what the reader prefers. */
import type { HostEvents, Surroundings } from "../state/host";
import { readHash, writeHash, type Parameters } from "../state/url";

export class Alone implements Surroundings {
  private readonly dark = window.matchMedia("(prefers-color-scheme: dark)");
  private written = "";

  /** `fixed`: what holds whatever the link says. */
  constructor(
    events: HostEvents,
    private readonly fixed: Parameters,
  ) {
    this.dark.addEventListener("change", () => {
      events.themeChanged(this.dark.matches);
    });
    window.addEventListener("hashchange", () => {
      if (window.location.hash !== this.written) events.linkChanged(this.parameters());
    });
  }

  private parameters(): Parameters {
    return { ...readHash(window.location.hash), ...this.fixed };
  }

  link(): Promise<Parameters> {
    return Promise.resolve(this.parameters());
  }

  runFilter(): null {
    return null;
  }

  writeLink(parameters: Parameters): void {
    const hash = writeHash(window.location.hash, parameters);
    this.written = hash;
    try {
      window.history.replaceState(null, "", hash);
    } catch {
      // Shown inside another page, by a mail program say: then there is no link to keep.
    }
  }

  isDark(): boolean {
    return this.dark.matches;
  }
}

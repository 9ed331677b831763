/** Keeps the view and TensorBoard's URL the same, whichever of the two was changed. */
import type { Surroundings } from "./state/host";
import type { Store } from "./state/store";
import { fromParameters, toParameters, type Parameters } from "./state/url";
import type { ViewState } from "./state/view";

const WRITE_MS = 120;

export class Link {
  /** Until then the URL may say more than the view. */
  wasRead = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: Surroundings,
    private readonly view: Store<ViewState>,
    private readonly isShown: () => boolean,
  ) {}

  async read(): Promise<void> {
    this.open(await this.host.link());
    this.wasRead = true;
  }

  open(parameters: Parameters): void {
    const link = fromParameters(parameters);
    // A link that names no runs leaves the choice as it is.
    this.view.set({ ...link, runs: link.runs ?? this.view.get().runs });
    // Subscribers converted the zoom of the old axis; the link's own is already in its units.
    this.view.set({ zoom: link.zoom });
  }

  writeSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.wasRead && this.isShown()) this.host.writeLink(toParameters(this.view.get()));
    }, WRITE_MS);
  }
}

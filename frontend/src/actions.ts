/** What panels may ask for, carried out: each a change of the view, and nothing drawn here. */
import type { Actions, Pointed } from "./panels/context";
import type { Popover } from "./panels/popover";
import type { Library } from "./state/library";
import { equal, type Store } from "./state/store";
import { sameOnset, type ViewState } from "./state/view";
import { setText } from "./ui/dom";
import { tidyZoom } from "./zooming";

interface Page {
  readonly view: Store<ViewState>;
  readonly library: Library;
  readonly popover: Popover;
  readonly speech: HTMLElement;
  readonly full: () => readonly [number, number] | null;
  readonly point: (at: Pointed | null) => void;
}

export function makeActions({ view, library, popover, speech, full, point }: Page): Actions {
  return {
    point,
    zoom: (range) => {
      view.set({ zoom: tidyZoom(range, full()) });
    },
    chooseRow: (row) => {
      view.set({ row: equal(row, view.get().row) ? null : row });
    },
    leave: () => {
      popover.hide("once");
      point(null);
      const { onset, zoom } = view.get();
      if (onset) view.set({ onset: null });
      else if (zoom) view.set({ zoom: null });
    },
    chooseOnset: (onset) => {
      // The list of findings shows it from now on; the card would only cover the charts.
      popover.hide("once");
      const again = sameOnset(view.get().onset, onset);
      view.set({ onset: again ? null : onset });
    },
    previewOnset: (marker, near) => {
      if (marker && near) popover.show(marker, near);
      else popover.hide();
    },
    setView: (patch) => {
      view.set(patch);
    },
    say: (text) => {
      setText(speech, text);
    },
    retry: () => {
      library.retry();
    },
  };
}

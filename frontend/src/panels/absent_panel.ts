/** In a comparison: a quantity that another run has, and this one does not. */
import { setText } from "../ui/dom";
import type { Panel } from "./context";
import { PanelFrame } from "./panel_frame";

export class AbsentPanel implements Panel {
  readonly element: HTMLElement;

  constructor(run: string, tag: string, title: string) {
    const frame = new PanelFrame("absent", run, tag);
    setText(frame.title, title);
    setText(frame.note, "Not measured in this run.");
    this.element = frame.element;
  }

  update(): void {
    // What it says does not change.
  }

  point(): void {
    // Nothing to point at.
  }

  tip(): null {
    return null;
  }

  plotLeft(): number {
    return NaN;
  }
}

/** What the page says when there is nothing to draw. */
import { h } from "../ui/dom";
import type { Actions } from "./context";

const CODE = [
  "from tb_stability import StabilityCallback",
  "",
  'model.fit(x, y, epochs=20, callbacks=[StabilityCallback("logs/run1")])',
].join("\n");

export type PageState =
  | { readonly kind: "ready" }
  | { readonly kind: "loading"; readonly slow: boolean }
  | { readonly kind: "judging"; readonly done: number; readonly total: number }
  | { readonly kind: "no runs" }
  | { readonly kind: "none chosen" }
  | { readonly kind: "failed"; readonly message: string };

export function stateMessage(state: PageState, actions: Actions): HTMLElement | null {
  switch (state.kind) {
    case "ready":
      return null;
    case "loading":
      return h(
        "div",
        { class: "state", role: "status" },
        h("p", {}, "Reading the runs …"),
        h("progress", { "aria-label": "Reading the runs" }),
        state.slow &&
          h(
            "p",
            {},
            "This takes longer than usual: TensorBoard is still reading the event files, or is far " +
              "away. The page opens by itself as soon as it answers.",
          ),
      );
    case "judging":
      return h(
        "div",
        { class: "state", role: "status" },
        h("p", {}, `Judging the runs: ${state.done} of ${state.total} …`),
        h("progress", {
          "aria-label": "Judging the runs",
          value: String(state.done),
          max: String(state.total),
        }),
      );
    case "none chosen":
      return h(
        "div",
        { class: "state" },
        h("h2", {}, "No run is chosen"),
        h("p", {}, "Choose one or several runs on the left; several are shown under each other."),
      );
    case "no runs":
      return h(
        "div",
        { class: "state", "data-testid": "no-runs" },
        h("h2", {}, "No run in this log directory was logged for stability"),
        h(
          "p",
          {},
          "Add the callback to the training program, and point it into the log directory:",
        ),
        h("pre", {}, h("code", {}, CODE)),
        h("p", {}, "Then keep TensorBoard running on the folder above it:"),
        h("pre", {}, h("code", {}, "tensorboard --logdir logs")),
        h(
          "p",
          {},
          "The page fills by itself as soon as the first window is written. If it does not, check " +
            "that --logdir holds the folder that the callback was given.",
        ),
      );
    case "failed":
      return h(
        "div",
        { class: "state", role: "alert" },
        h("h2", {}, "The runs could not be read"),
        h("p", {}, state.message),
        h(
          "button",
          {
            type: "button",
            on: {
              click: () => {
                actions.retry();
              },
            },
          },
          "Try again",
        ),
      );
  }
}

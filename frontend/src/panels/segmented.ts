/** A row of buttons of which one is pressed. */
import { h } from "../ui/dom";

export function segmented<T extends string>(
  label: string,
  options: readonly T[],
  names: Readonly<Record<T, string>>,
  choose: (option: T) => void,
) {
  const buttons = options.map((option) =>
    h(
      "button",
      {
        type: "button",
        "data-testid": `${label}-${option}`,
        on: {
          click: () => {
            choose(option);
          },
        },
      },
      names[option],
    ),
  );
  const element = h("div", { class: "segmented", role: "group", "aria-label": label }, ...buttons);
  const update = (chosen: T) => {
    buttons.forEach((button, i) => {
      button.setAttribute("aria-pressed", String(options[i] === chosen));
    });
  };
  return { element, update };
}

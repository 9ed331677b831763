/**
 * Building elements. Names of runs and layers come from users: text is only ever set as text, and
 * attributes that could run code are refused.
 */

export type Child = Node | string | null | undefined | false;

type Listeners = {
  readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void;
};

export interface Attributes {
  readonly class?: string;
  readonly on?: Listeners;
  readonly style?: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") listen(element, value);
    else if (name === "style") setStyle(element, value as Record<string, string>);
    else if (/^on|^srcdoc$/i.test(name)) throw new Error(`The attribute ${name} is not allowed.`);
    else element.setAttribute(name, value === true ? "" : asText(value));
  }
  append(element, children);
  return element;
}

export const SVG = "http://www.w3.org/2000/svg";

export function svg(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  ...children: readonly Child[]
): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  append(element, children);
  return element;
}

const asText = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

function listen(element: HTMLElement, listeners: Listeners): void {
  for (const [event, listener] of Object.entries(listeners))
    element.addEventListener(event, listener as EventListener);
}

export function setStyle(element: HTMLElement, style: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(style)) element.style.setProperty(name, value);
}

function append(parent: Node, children: readonly Child[]): void {
  for (const child of children)
    if (child !== null && child !== undefined && child !== false)
      parent.appendChild(typeof child === "string" ? document.createTextNode(child) : child);
}

export function replaceChildren(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren();
  append(parent, children);
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Text that may be broken after the separators of paths and names; its textContent stays as it is. */
export function setBreakableText(element: Element, text: string): void {
  if (element.textContent === text) return;
  const parts = text.split(/(?<=[/_.=-])/);
  replaceChildren(element, ...parts.flatMap((part, i) => (i ? [h("wbr"), part] : [part])));
}

export function toggle(element: HTMLElement, shown: boolean): void {
  if (element.hidden === shown) element.hidden = !shown;
}

/**
 * Makes `parent`'s children those of `items`, in order, keeping the elements of keys that stay:
 * focus, scroll position and canvases survive.
 */
export function reconcile<T, C extends { readonly element: HTMLElement; destroy?(): void }>(
  parent: Element,
  known: Map<string, C>,
  items: readonly T[],
  keyOf: (item: T) => string,
  create: (item: T) => C,
  update: (component: C, item: T) => void,
): void {
  const keys = new Set(items.map(keyOf));
  for (const [key, component] of known)
    if (!keys.has(key)) {
      component.destroy?.();
      component.element.remove();
      known.delete(key);
    }
  let previous: Element | null = null;
  for (const item of items) {
    const key = keyOf(item);
    let component = known.get(key);
    if (!component) known.set(key, (component = create(item)));
    const expected: Element | null = previous
      ? previous.nextElementSibling
      : parent.firstElementChild;
    if (expected !== component.element) parent.insertBefore(component.element, expected);
    update(component, item);
    previous = component.element;
  }
}

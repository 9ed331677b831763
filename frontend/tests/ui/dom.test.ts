// @vitest-environment happy-dom
import { describe, expect, it } from "vitest";
import { h, reconcile, setBreakableText } from "../../src/ui/dom";

const HOSTILE = "<img src=x onerror=alert(1)>";

describe("h", () => {
  it("shows a hostile name as text", () => {
    const element = h("p", { title: HOSTILE, "data-run": HOSTILE }, HOSTILE);
    expect(element.children).toHaveLength(0);
    expect(element.textContent).toBe(HOSTILE);
    expect(element.getAttribute("title")).toBe(HOSTILE);
  });
  it("refuses attributes that run code", () => {
    expect(() => h("p", { onclick: "alert(1)" })).toThrow(/not allowed/);
    expect(() => h("iframe", { srcdoc: "x" })).toThrow(/not allowed/);
  });
  it("leaves out what is false or absent", () => {
    const element = h("button", { disabled: false, hidden: true, title: undefined }, null, false);
    expect(element.getAttributeNames()).toEqual(["hidden"]);
    expect(element.childNodes).toHaveLength(0);
  });
});

describe("setBreakableText", () => {
  it("keeps the text as it is, hostile or not", () => {
    const element = h("span");
    for (const name of ["demo/exploding_lstm/lr=1e-2", HOSTILE, ""]) {
      setBreakableText(element, name);
      expect(element.textContent).toBe(name);
    }
    setBreakableText(element, "a/b_c");
    expect([...element.children].map(({ tagName }) => tagName)).toEqual(["WBR", "WBR"]);
  });
});

describe("reconcile", () => {
  const parent = h("ul");
  const known = new Map<string, { element: HTMLElement }>();
  const show = (...keys: string[]) => {
    reconcile(
      parent,
      known,
      keys,
      (key) => key,
      (key) => ({ element: h("li", {}, key) }),
      () => undefined,
    );
    return [...parent.children];
  };
  it("keeps the elements of keys that stay, in the new order", () => {
    const [a, b] = show("a", "b");
    expect(show("c", "b", "a").map((element) => element.textContent)).toEqual(["c", "b", "a"]);
    expect([parent.children[2], parent.children[1]]).toEqual([a, b]);
    expect(show("b")).toEqual([b]);
    expect(known.size).toBe(1);
  });
});

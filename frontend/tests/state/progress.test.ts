import { expect, it } from "vitest";
import { Counter } from "../../src/state/progress";

it("counts what is under way together, and starts anew once all of it is done", () => {
  const counter = new Counter();
  expect(counter.now).toBeNull();
  counter.begin();
  counter.begin();
  counter.end();
  expect(counter.now).toEqual({ done: 1, total: 2 });
  counter.begin();
  expect(counter.now).toEqual({ done: 1, total: 3 });
  counter.end();
  counter.end();
  expect(counter.now).toBeNull();
  counter.begin();
  expect(counter.now).toEqual({ done: 0, total: 1 });
});

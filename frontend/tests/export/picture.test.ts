import { expect, test } from "vitest";
import { asXml } from "../../src/export/picture";

test("what XML cannot hold is replaced, and all else stays", () => {
  expect(asXml("\0a\u001b[2J\u0008\uFFFE")).toBe("\uFFFDa\uFFFD[2J\uFFFD\uFFFD");
  expect(asXml("a\uD800b")).toBe("a\uFFFDb");
  const fine = "<b>&\"'\t\n\r \u202E 学習率 \u{1F600}";
  expect(asXml(fine)).toBe(fine);
});

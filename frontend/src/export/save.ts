/** Hands a file to the reader. */
import { h } from "../ui/dom";

/** A file name out of names that may hold anything. */
export const fileName = (parts: readonly string[], extension: string): string =>
  parts
    .join("-")
    .replace(/[^\p{L}\p{N}=._-]+/gu, "_")
    .replace(/^[._]+/, "")
    .slice(0, 120) + `.${extension}`;

export function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = h("a", { href: url, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10000);
}

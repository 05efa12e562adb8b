// Files that the browser saves.

import { element } from "./page.js";

/** Let the browser save a file. */
export function saveAs(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** What TensorBoard calls: fills the plugin's iframe. */
import { httpClient } from "./api/client";
import { App } from "./app";
import { debugSurface } from "./debug";
import { Host } from "./state/host";
import stylesheet from "./style/page.css?inline";
import { h } from "./ui/dom";

export async function render(): Promise<void> {
  document.documentElement.lang = "en";
  document.title = "Stability";
  document.head.append(h("style", {}, stylesheet));
  const app = new App(httpClient, (events) => new Host(events));
  window.tbStability = debugSurface(app);
  await app.start(document.body);
}

/** What a report runs: opens the page on the data that are stored beside it. */
import { embeddedClient, unpack } from "../api/embedded";
import { App } from "../app";
import { debugSurface } from "../debug";
import { toParameters } from "../state/url";
import { INITIAL_VIEW } from "../state/view";
import stylesheet from "../style/page.css?inline";
import { h } from "../ui/dom";
import { Alone } from "./alone";
import { reportHead } from "./head";
import reportStylesheet from "./report.css?inline";

async function open(): Promise<void> {
  const report = await unpack(document.getElementById("report-data")?.textContent ?? "");
  // Not a <style>: the report's content security policy allows none.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(stylesheet + reportStylesheet);
  document.adoptedStyleSheets = [sheet];
  document.body.append(reportHead(report));
  const { thresholds } = report.about;
  const fixed = { thresholds: "", ...toParameters({ ...INITIAL_VIEW, thresholds }) };
  const app = new App(embeddedClient(report), (events) => new Alone(events, fixed));
  window.tbStability = debugSurface(app);
  await app.start(document.body);
}

open().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  const text =
    "This report cannot be shown. Either the file is damaged, or the browser is older than 2023. " +
    `It said: ${reason}`;
  document.body.append(h("p", { role: "alert", "data-testid": "report-fault" }, text));
});

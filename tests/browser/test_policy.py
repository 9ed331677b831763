"""The page under TensorBoard's content security policy: it breaks no rule, with any name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenTab
from tests.browser.runs import FAULTY, SCRIPT_END

pytestmark = pytest.mark.browser

# In every frame, from its beginning.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
# What no page of ours has: code in attributes, and scripts or frames but TensorBoard's one script.
INLINE = """() => [
  ...[...document.querySelectorAll("*")]
    .filter((element) => element.getAttributeNames().some((name) => name.startsWith("on")))
    .map((element) => element.outerHTML),
  ...[...document.querySelectorAll("script, iframe, object, embed")]
    .map((element) => element.src || element.textContent),
]"""

BREACH = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = true";
  document.body.append(script);
  document.body.insertAdjacentHTML("beforeend", "<img src=data:x onerror='window.ran = 1'>");
}"""


def watch(page: Page) -> None:
    page.add_init_script(WATCH)


def test_the_page_breaks_no_rule_and_a_breach_would_be_seen(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, SCRIPT_END], prepare=watch, fresh=True)
    tab.hover_cell(tab.cell(0, 4, run=SCRIPT_END))
    tab.find("row-label").filter(visible=True).first.click()
    tab.settle()
    assert tab.frame.evaluate("window.violations") == []
    (script,) = tab.frame.evaluate(INLINE)
    assert "./index.js" in script

    tab.frame.evaluate(BREACH)
    tab.frame.wait_for_function("() => window.violations.length >= 2")
    assert tab.frame.evaluate("window.ran") is None

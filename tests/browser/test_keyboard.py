"""The whole page without a mouse: every stop can be seen, and everything can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED, NESTED

pytestmark = pytest.mark.browser

MOST_STOPS = 90

# What has the focus: words to find it by, and whether it can be seen that it has.
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  return {
    name: element.getAttribute("aria-label") ?? element.labels?.[0]?.innerText
      ?? element.innerText ?? "",
    testid: element.dataset.testid ?? "",
    tag: element.tagName.toLowerCase(),
    kind: element.closest("[data-kind]")?.dataset.kind ?? "",
    seen: outlineStyle !== "none" && parseFloat(outlineWidth) >= 1 && box.width > 0
      && box.bottom > 0 && box.top < window.innerHeight,
  };
}"""

Stop = dict[str, str]


def stops(tab: StabilityTab) -> list[Stop]:
    """Goes through the page with Tab, from its beginning, and returns where that leads."""
    tab.frame.locator("body").evaluate("() => document.activeElement?.blur()")
    tab.frame.locator("nav").evaluate("nav => { nav.tabIndex = -1; nav.focus(); }")
    found: list[Stop] = []
    for _ in range(MOST_STOPS):
        tab.page.keyboard.press("Tab")
        if not tab.frame.evaluate("document.hasFocus()"):
            break
        stop = tab.frame.evaluate(FOCUSED)
        if stop is None:
            break
        found.append(stop)
    return found


def go_to(tab: StabilityTab, wanted: Callable[[Stop], bool]) -> Stop:
    """Presses Tab until a stop is the one that is wanted."""
    for _ in range(MOST_STOPS):
        stop = tab.frame.evaluate(FOCUSED)
        if stop and wanted(stop):
            return dict(stop)
        tab.page.keyboard.press("Tab")
    raise AssertionError(f"no such stop within {MOST_STOPS} of Tab")


def start(tab: StabilityTab) -> None:
    tab.frame.locator("nav").evaluate("nav => { nav.tabIndex = -1; nav.focus(); }")


def test_every_stop_is_seen_and_has_a_name(tab: StabilityTab) -> None:
    found = stops(tab)
    assert len(found) < MOST_STOPS, "the page ends"
    assert [stop for stop in found if not stop["seen"]] == []
    assert [stop for stop in found if not stop["name"].strip()] == []
    kinds = {stop["testid"] for stop in found} | {stop["kind"] for stop in found}
    assert kinds >= {"axis-epoch", "statistic-max", "row-filter", "heatmap", "loss", "marker"}
    # A stop a row would be too many; the arrow keys reach them.
    assert not any(stop["testid"] == "row-label" for stop in found)


def test_a_run_is_chosen_with_the_space_bar(tab: StabilityTab) -> None:
    start(tab)
    go_to(tab, lambda stop: stop["tag"] == "input" and FIXED in stop["name"])
    tab.page.keyboard.press("Space")
    tab.wait("page => page.state().shown.length === 2")


def test_arrows_move_from_cell_to_cell_and_say_what_is_there(tab: StabilityTab) -> None:
    tab.heatmap().focus()
    press = tab.page.keyboard.press
    speech = tab.find("speech")
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None

    def said(row: int, column: int) -> None:
        value = float(written.statistic("mean")[column, row])
        text = speech.inner_text()
        assert text.lower().startswith(synthetic.LAYERS[row]), text
        assert f"steps {10 * column + 1}–{10 * column + 10}" in text
        assert text.endswith(f": {float(f'{value:.4g}'):g}"), text

    press("ArrowRight")
    said(0, 0)
    press("ArrowRight")
    said(0, 1)
    press("ArrowDown")
    said(1, 1)
    press("Shift+ArrowRight")
    said(1, 11)
    press("ArrowLeft")
    said(1, 10)
    press("End")
    assert "NaN at step 171" in speech.inner_text()
    press("Home")
    said(1, 0)
    assert tab.find("tooltip").is_visible(), "who sees the page sees the value too"
    box = tab.frame.locator(".cell-outline:visible").bounding_box()
    assert box is not None


def test_enter_opens_the_row_of_the_cell(tab: StabilityTab) -> None:
    tab.heatmap().focus()
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        tab.page.keyboard.press(key)
    tab.panel("row", GRADIENT_NORM).wait_for()
    assert tab.state["row"]["row"] == "lstm"
    go_to(tab, lambda stop: stop["tag"] == "summary" and "table" in stop["name"])
    tab.page.keyboard.press("Enter")
    tab.find("values").locator("tbody tr").first.wait_for()


def test_arrows_scroll_to_rows_out_of_sight(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    tab.heatmap("stability/cell_state/encoder/lstm", NESTED).focus()
    for key in ("ArrowDown", "PageDown", "PageDown", "PageDown"):
        tab.page.keyboard.press(key)
    assert tab.find("speech").inner_text().lower().startswith("t = 29")


def test_a_marker_is_read_and_chosen(tab: StabilityTab) -> None:
    start(tab)
    stop = go_to(tab, lambda stop: stop["testid"] == "marker")
    assert "epoch 6, step 121, lstm" in stop["name"] or "epoch 7, step 141" in stop["name"]
    tab.find("onset-popover").wait_for(state="visible")
    tab.page.keyboard.press("Enter")
    tab.wait("page => page.state().onset !== null")
    tab.page.keyboard.press("Escape")
    tab.wait("page => page.state().onset === null")


def test_the_save_menu_opens_and_closes(tab: StabilityTab) -> None:
    start(tab)
    go_to(tab, lambda stop: stop["name"] == "Save this panel" and stop["kind"] == "heatmap")
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.frame.evaluate(FOCUSED)["testid"] == "save-png"
    tab.page.keyboard.press("Escape")
    assert tab.frame.evaluate(FOCUSED)["name"] == "Save this panel"
    assert tab.frame.locator(".save-menu[open]").count() == 0


def test_a_threshold_is_changed(tab: StabilityTab) -> None:
    start(tab)
    go_to(tab, lambda stop: stop["tag"] == "summary" and "thresholds" in stop["name"].lower())
    tab.page.keyboard.press("Enter")
    go_to(tab, lambda stop: stop["testid"] == "threshold-gradient_factor")
    tab.page.keyboard.press("Control+A")
    tab.page.keyboard.type("1e9")
    tab.wait("page => !page.markers().some(marker => marker.kind === 'exploding_gradient')")
    assert tab.state["runs"] == [FAULTY]

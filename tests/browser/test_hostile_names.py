"""Names that no program should trust are text, wherever the page writes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog

from tests.browser.conftest import OpenTab
from tests.browser.runs import HOSTILE_ROWS, HOSTILE_RUNS, MARKUP

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("run", HOSTILE_RUNS, ids=["markup", "end of script", "unicode"])
def test_a_hostile_name_is_text_everywhere(open_tab: OpenTab, run: str) -> None:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    tab = open_tab([run], prepare=lambda page: page.on("dialog", note))
    assert tab.state["runs"] == [run]
    for place in (tab.find("verdict"), tab.frame.locator(".run-item.chosen")):
        # Where a long name may be broken there is a character of no width.
        assert run in place.inner_text().replace("\u200b", "")
    labels = tab.find("row-label").filter(visible=True)
    assert [label.text_content() for label in labels.all()] == list(HOSTILE_ROWS)
    for row in range(len(HOSTILE_ROWS)):
        tab.hover_cell(tab.cell(row, 4, run=run))
        assert HOSTILE_ROWS[row][:50] in tab.find("tooltip").inner_text()
    labels.first.click()
    tab.wait("page => page.state().row !== null")
    tab.settle()
    assert HOSTILE_ROWS[0] in tab.frame.locator("[data-kind=row]").inner_text()
    assert tab.frame.locator("img").count() == 0
    assert dialogs == []


def test_a_name_of_ten_thousand_characters_pushes_nothing_aside(open_tab: OpenTab) -> None:
    tab = open_tab([MARKUP])
    assert tab.frame.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert tab.state["plotWidth"] > 400


def test_a_name_of_ten_thousand_characters_leaves_the_tooltip_its_size(open_tab: OpenTab) -> None:
    tab = open_tab([MARKUP])
    tab.hover_cell(tab.cell(3, 4, run=MARKUP))
    x, y, width, height = tab.box(tab.find("tooltip"))
    assert min(x, y) >= 0
    assert x + width <= 1440
    assert height <= 500

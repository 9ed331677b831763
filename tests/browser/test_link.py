"""The link holds the whole view: whoever opens it sees the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import StabilityTab
from tests.browser.runs import FAULTY, FIXED, UNICODE

pytestmark = pytest.mark.browser

# What the page says of itself that is not the reader's choice.
NOT_CHOSEN = {"busy", "shown", "plotWidth"}


def choices(tab: StabilityTab) -> dict[str, Any]:
    """The reader's choices; the ends of held scales to twelve digits, as no eye tells more."""
    chosen = {key: value for key, value in tab.state.items() if key not in NOT_CHOSEN}
    held = {name: [f"{end:.12g}" for end in ends] for name, ends in chosen["held"].items()}
    return {**chosen, "held": held}


def link_with(tab: StabilityTab, *keys: str) -> str:
    """Waits until the URL holds these keys, and returns it."""
    tab.page.wait_for_function(
        "keys => keys.every(key => location.hash.includes(`p.stability.${key}=`))", arg=list(keys)
    )
    return tab.page.url


def test_everything_that_was_chosen_is_in_the_link(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY])
    tab.choose(FIXED)
    tab.find("axis-step").click()
    tab.find("statistic-max").click()
    tab.find("legend-hold").first.click()
    tab.find("row-filter").fill("e")
    tab.wait("page => page.state().filter === 'e'")
    tab.click_cell(tab.cell("dense", 5))
    tab.find("marker").and_(tab.frame.locator('[data-kind="exploding_gradient"]')).click()
    tab.wait("page => page.state().onset !== null && page.state().row !== null")
    tab.frame.locator('[data-quantity="loss"]').uncheck()
    tab.find("thresholds").locator("summary").click()
    tab.find("threshold-spikes").fill("7")
    tab.wait("page => page.state().thresholds.spikes === 7")
    cell = tab.cell("dense", 10)
    tab.drag((cell["x"], cell["y"] + 5), (cell["x"] + 180, cell["y"] + 5))
    tab.wait("page => page.state().zoom !== null")
    tab.settle()
    url = link_with(
        tab,
        *("runs", "axis", "statistic", "held", "filter", "row", "onset", "hidden", "thresholds"),
        "zoom",
    )
    markers = tab.call("markers")

    other = open_tab(at=url, fresh=True)
    assert choices(other) == choices(tab)
    assert other.call("markers") == markers
    assert other.find("row-filter").input_value() == "e"
    assert other.find("axis-step").get_attribute("aria-pressed") == "true"
    cells = [
        (run, row, column) for run in (FAULTY, FIXED) for row in ("dense",) for column in (0, 2)
    ]
    for run, row, column in cells:
        assert other.cell(row, column, run=run) == tab.cell(row, column, run=run)


def test_it_looks_the_same_to_the_pixel(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="3,8", axis="epoch")
    other = open_tab(at=link_with(tab, "runs", "zoom"))
    areas = [item.frame.locator(".stage").all() for item in (tab, other)]
    assert len(areas[0]) == len(areas[1]) == 2
    for one, same in zip(*areas, strict=True):
        assert np.array_equal(tab.picture_of(one), other.picture_of(same))


def test_a_name_with_any_characters_survives(open_tab: OpenTab) -> None:
    tab = open_tab([UNICODE])
    assert tab.state["runs"] == [UNICODE]
    other = open_tab(at=link_with(tab, "runs"))
    assert other.state["runs"] == [UNICODE]


def test_a_changed_link_is_followed_without_loading_again(tab: StabilityTab) -> None:
    tab.frame.evaluate("window.same = true")
    tab.page.evaluate("location.hash = '#stability&p.stability.runs=fixed&p.stability.axis=step'")
    tab.wait("page => page.state().shown[0]?.run === 'fixed'")
    assert tab.state["axis"] == "step"
    assert tab.frame.evaluate("window.same")


def test_a_broken_link_opens_the_usual_view(open_tab: OpenTab) -> None:
    broken = {
        "zoom": "5,2",
        "axis": "moon",
        "row": "no such tag",
        "held": "gradient_norm:1",
        "statistic": "median",
        "onset": "x",
        "order": "moon",
        "difference": "one",
        "thresholds": "spikes:many",
    }
    tab = open_tab([FAULTY], **broken)
    usual = open_tab([FAULTY])
    assert choices(tab) == choices(usual)
    assert tab.call("markers") == usual.call("markers")
    other = open_tab([FAULTY], zoom="a,b")
    assert other.state["zoom"] is None


def test_a_run_that_is_not_there_is_said(open_tab: OpenTab) -> None:
    tab = open_tab(["no such run"], settled=False)
    tab.frame.get_by_text("No run is chosen").wait_for()

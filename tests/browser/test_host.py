"""TensorBoard around the page: its run filter, its dark mode, its other tabs."""

from __future__ import annotations

import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import StabilityTab
from tests.browser.runs import FAULTY, SWEEP

pytestmark = pytest.mark.browser


def test_the_run_filter_of_tensorboard_is_honoured(open_tab: OpenTab, address: str) -> None:
    tab = open_tab(at=f"{address}?runFilter=%5Esweep#stability")
    listed = {item.get_attribute("data-run") for item in tab.find("run-item").all()}
    assert listed == set(SWEEP)
    assert tab.state["runs"] == ["sweep/rate_0.1"], "the sickest of those"


def test_an_impossible_run_filter_hides_nothing(open_tab: OpenTab, address: str) -> None:
    tab = open_tab(at=f"{address}?runFilter=%28#stability")
    assert tab.state["runs"] == [FAULTY]


def test_dark_mode_follows_tensorboard(tab: StabilityTab) -> None:
    light = tab.pixel(3, 3)
    assert min(light) > 200
    tab.page.locator("app-header-dark-mode-toggle button").click()
    tab.page.get_by_role("menuitem", name="Dark").click()
    tab.frame.wait_for_selector("[data-theme=dark]")
    dark = tab.pixel(3, 3)
    assert max(dark) < 80
    assert tab.cell("lstm", 3)["rgb"], "the same run is shown"


def test_dark_mode_changes_no_colour_of_a_cell(tab: StabilityTab) -> None:
    light = [tab.cell("lstm", column)["rgb"] for column in range(18)]
    tab.page.evaluate("document.body.classList.add('dark-mode')")
    tab.frame.wait_for_selector("[data-theme=dark]")
    assert [tab.cell("lstm", column)["rgb"] for column in range(18)] == light


def test_another_tab_and_back_keeps_the_view(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="2,4", axis="epoch")
    tab.page.evaluate("location.hash = '#timeseries'")
    tab.page.wait_for_function("() => !document.querySelector('iframe')?.offsetHeight")
    tab.page.evaluate("location.hash = '#stability'")
    tab.page.wait_for_function("() => document.querySelector('iframe')?.offsetHeight")
    tab.settle()
    assert tab.state["zoom"] == [2, 4]
    tab.page.wait_for_function("() => location.hash.includes('p.stability.zoom=2%2C4')")

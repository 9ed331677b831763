"""On paper: runs and findings, light whatever the screen is, and nothing to click."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM
from tests.browser.runs import FAULTY, FIXED

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_runs_and_findings_are_printed_and_nothing_to_click(open_tab: OpenTab, theme: str) -> None:
    tab = open_tab([FAULTY, FIXED])
    if theme == "dark":
        tab.page.evaluate("document.body.classList.add('dark-mode')")
        tab.frame.wait_for_selector("[data-theme=dark]")
    tab.page.emulate_media(media="print")
    for hidden in ("nav", ".save-menu", ".copy", "[data-testid=row-filter]"):
        assert tab.frame.locator(hidden).filter(visible=True).count() == 0, hidden
    for run in (FAULTY, FIXED):
        assert tab.panel("heatmap", GRADIENT_NORM, run).locator(".stage canvas").is_visible()
    text = tab.find("findings").inner_text()
    assert "global_clipnorm=" in text
    # Nothing scrolls on paper.
    for part in ("main", "aside"):
        assert tab.frame.locator(part).evaluate(
            "element => element.scrollHeight <= element.clientHeight + 1"
        )
    ground = tab.frame.evaluate(
        "getComputedStyle(document.querySelector('.stability')).backgroundColor"
    )
    channels = [float(part) for part in ground.strip("rgba()").split(",")]
    assert np.min(channels[:3]) > 250 or channels[3:] == [0.0], "no dark paper"

"""Several runs under each other: one colour scale, one axis, a table that sorts."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED, NESTED, SWEEP

pytestmark = pytest.mark.browser


def legend(tab: StabilityTab, run: str) -> list[str]:
    return tab.panel("heatmap", GRADIENT_NORM, run).locator(".legend-labels > *").all_inner_texts()


def test_runs_are_chosen_in_the_list(tab: StabilityTab) -> None:
    tab.choose(FIXED)
    assert tab.state["runs"] == [FAULTY, FIXED]
    assert tab.find("run").count() == 2
    tab.choose(FAULTY)
    assert tab.state["runs"] == [FIXED]
    tab.choose(FAULTY, only=True)
    assert tab.state["runs"] == [FAULTY]


def test_they_share_one_colour_scale(open_tab: OpenTab) -> None:
    tab = open_tab([FIXED], height=1200)
    alone = tab.cell("lstm", 3, run=FIXED)
    tab.choose(FAULTY)
    assert legend(tab, FAULTY) == legend(tab, FIXED)
    beside = tab.cell("lstm", 3, run=FIXED)
    assert beside["value"] == alone["value"]
    assert beside["rgb"] != alone["rgb"], "the scale now reaches to the other run's explosion"
    shown = tab.pixel(beside["x"] + beside["width"] / 2, beside["y"] + beside["height"] / 2)
    assert np.abs(np.subtract(shown, beside["rgb"][:3])).max() <= 3


def test_they_share_one_axis(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, FIXED])
    first, second = (tab.call("columns", run, GRADIENT_NORM) for run in (FAULTY, FIXED))
    assert [column["left"] for column in first] == [column["left"] for column in second]


def test_each_run_has_its_own_findings(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, FIXED])
    text = tab.find("findings").inner_text()
    assert text.index(FAULTY) < text.index("Exploding gradient") < text.index(FIXED)
    assert text.index(FIXED) < text.index("Nothing found: stable, 9 epochs")
    assert {item["run"] for item in tab.call("markers")} == {FAULTY}


def test_a_quantity_that_only_one_run_has_is_named_in_the_other(open_tab: OpenTab) -> None:
    tab = open_tab([FIXED, NESTED])
    panel = tab.panel("absent", "stability/class_logits/logits", FIXED)
    assert "Not measured in this run." in panel.inner_text()


def test_the_held_scale_stays_when_runs_come_and_go(tab: StabilityTab) -> None:
    before = tab.cell("lstm", 3)
    hold = tab.find("legend-hold")
    hold.click()
    tab.wait("page => 'gradient_norm' in page.state().held")
    assert hold.get_attribute("aria-pressed") == "true"
    labels = [text.lstrip("≥≤") for text in legend(tab, FAULTY)]
    tab.choose(FIXED, only=True)
    assert [text.lstrip("≥≤") for text in legend(tab, FIXED)] == labels
    held = tab.cell("lstm", 3, run=FIXED)
    assert np.abs(np.subtract(held["rgb"], before["rgb"])).max() < 15, "both are about 2"
    hold.click()
    tab.wait("page => !('gradient_norm' in page.state().held)")
    assert legend(tab, FIXED) != labels


def test_the_table_compares_them_by_learning_rate_first(open_tab: OpenTab) -> None:
    tab = open_tab(list(SWEEP))
    table = tab.find("comparison")
    heads = [head.split("\n")[0].rstrip(" ▾▴") for head in table.locator("th").all_inner_texts()]
    assert heads[:2] == ["lr", "run"]
    assert [heads.index(name) for name in ("best val accuracy", "last", "first onset")] == [2, 3, 4]
    lines = [row.locator("td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert [line[:5] for line in lines] == [
        ["0.1", "sweep/rate_0.1", "0.8", "0.1", "✖ epoch 6: exploding gradient"],
        ["0.01", "sweep/rate_0.01", "0.9", "0.9", "● none"],
        ["0.001", "sweep/rate_0.001", "0.7", "0.7", "● none"],
    ]
    assert table.locator(".wins").all_inner_texts() == ["0.9"], "the best stands out"


def test_the_table_sorts_by_each_column(open_tab: OpenTab) -> None:
    tab = open_tab(list(SWEEP))
    table = tab.find("comparison")
    low, middle, high = SWEEP

    def runs() -> list[str]:
        return [str(row.get_attribute("data-run")) for row in table.locator("tbody tr").all()]

    for key, order in {
        "best": [middle, high, low],
        "last": [middle, low, high],
        "onset": [high, low, middle],
        "run": [low, middle, high],
    }.items():
        button = table.locator(f'[data-sort="{key}"]')
        head = button.locator("xpath=..")
        button.click()
        assert runs() == order
        ways = {head.get_attribute("aria-sort")}
        button.click()
        ways.add(head.get_attribute("aria-sort"))
        assert ways == {"ascending", "descending"}
        if key != "onset":  # two runs without one are equal, and stay as they are
            assert runs() == order[::-1]

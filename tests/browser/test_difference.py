"""The difference of two runs, cell by cell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, Cell, StabilityTab
from tests.browser.runs import FAULTY, FIXED, NESTED, NESTED_OTHER, NESTED_ROWS, nested

pytestmark = pytest.mark.browser


@pytest.fixture
def both(open_tab: OpenTab) -> StabilityTab:
    tab = open_tab([FAULTY, FIXED])
    tab.find("difference-show").click()
    tab.find("difference").wait_for()
    tab.settle()
    return tab


def difference(tab: StabilityTab, row: str, column: int) -> Cell:
    cell: Cell | None = tab.call("differenceCell", GRADIENT_NORM, row, column)
    assert cell is not None
    return cell


def ratios() -> np.ndarray:
    """Gradient norms of the faulty run over those of the fixed one: windows by rows."""
    first, second = synthetic.exploding().get(GRADIENT_NORM), synthetic.healthy().get(GRADIENT_NORM)
    assert first is not None
    assert second is not None
    return first.statistic("mean") / second.statistic("mean")


def test_the_sick_run_is_offered_against_the_healthy_one(open_tab: OpenTab) -> None:
    tab = open_tab([FIXED, FAULTY])
    assert tab.find("difference-first").input_value() == FAULTY
    assert tab.find("difference-second").input_value() == FIXED


def test_norms_are_compared_by_their_ratio(both: StabilityTab) -> None:
    expected = ratios()
    for index, row in enumerate(synthetic.LAYERS):
        for column in range(18):
            cell = difference(both, row, column)
            if column < 14:
                ratio = math.log10(float(expected[column, index]))
                assert cell["value"] == pytest.approx(ratio, rel=1e-4, abs=1e-6)
            else:
                assert cell["class"] != "value", "NaN in one of the two has no difference"


def test_colours_say_which_of_the_two_is_larger(both: StabilityTab) -> None:
    red, _, blue = difference(both, "lstm", 13)["rgb"]
    assert red > blue + 60, "orange where the first is larger"
    both.frame.get_by_role("button", name="Swap the two runs").click()
    both.wait("page => page.state().difference[0] === 'fixed'")
    both.settle()
    red, _, blue = difference(both, "lstm", 13)["rgb"]
    assert blue > red + 60, "blue where the second is larger"
    cell = difference(both, "lstm", 13)
    x, y = cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2
    assert np.abs(np.subtract(both.pixel(x, y), cell["rgb"])).max() <= 3


def test_the_pointer_reads_both_values_and_their_ratio(both: StabilityTab) -> None:
    both.hover_cell(difference(both, "lstm", 12))
    text = both.find("tooltip").inner_text()
    assert "lstm" in text
    assert FAULTY in text
    assert FIXED in text
    assert f"×{float(ratios()[12, 1]):.4g}" in text.replace(" ", "")


def test_it_shares_axis_and_zoom_with_the_runs(both: StabilityTab) -> None:
    assert difference(both, "lstm", 12)["x"] == both.cell("lstm", 12)["x"]
    both.hover_cell(both.cell("lstm", 4))
    assert both.find("difference").locator(".crosshair:visible").count() >= 1


def test_it_is_in_the_link_and_can_be_closed(both: StabilityTab, open_tab: OpenTab) -> None:
    both.page.wait_for_function("() => location.hash.includes('p.stability.difference=')")
    other = open_tab(at=both.page.url)
    other.find("difference").wait_for()
    assert other.state["difference"] == [FAULTY, FIXED]
    other.find("difference-show").click()
    other.find("difference").wait_for(state="hidden")
    assert other.state["difference"] is None


def test_what_is_folded_is_folded_here_too(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED, NESTED_OTHER], difference=f"{NESTED},{NESTED_OTHER}", folded="encoder")
    one, other = (nested(name, seed).get(GRADIENT_NORM) for name, seed in (("a", 1), ("b", 2)))
    assert one is not None
    assert other is not None
    inside = [index for index, name in enumerate(NESTED_ROWS) if name.startswith("encoder/")]
    found = np.log10(one.statistic("mean") / other.statistic("mean"))[:, inside]
    largest = found[np.arange(len(found)), np.abs(found).argmax(axis=1)]
    for column in (0, 17, 39):
        cell = difference(tab, "encoder", column)
        assert cell["value"] == pytest.approx(float(largest[column]), rel=1e-3, abs=1e-5)
    assert tab.call("differenceCell", GRADIENT_NORM, "encoder/block_2/b", 0) is None
    tab.hover_cell(difference(tab, "encoder", 17))
    row = NESTED_ROWS[inside[int(np.abs(found[17]).argmax())]]
    text = tab.find("tooltip").inner_text()
    assert f"largest difference of {len(inside)} rows, in {row}" in text
    tab.click_cell(difference(tab, "encoder", 17))
    assert tab.state["folded"] == []
    assert difference(tab, "encoder/block_2/b", 0)["class"] == "value"

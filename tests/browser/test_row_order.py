"""The order of rows, and nested models folded into one row."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, NESTED, NESTED_ROWS, nested

pytestmark = pytest.mark.browser


def rows(tab: StabilityTab, run: str = NESTED) -> list[str]:
    return list(tab.call("rows", run, GRADIENT_NORM))


def means() -> np.ndarray:
    """Of the run `nested`: windows by rows."""
    gradients = nested().get(GRADIENT_NORM)
    assert gradients is not None
    return gradients.statistic("mean")


def fold(tab: StabilityTab, model: str) -> None:
    if not tab.find("folds").evaluate("details => details.open"):
        tab.find("folds").locator("summary").click()
    tab.find("fold").and_(tab.frame.locator(f'[data-fold="{model}"]')).click()
    tab.settle()


def test_rows_come_from_the_input_to_the_output(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    assert rows(tab) == list(NESTED_ROWS)
    tops = [tab.cell(name, 0, run=NESTED)["y"] for name in NESTED_ROWS]
    assert tops == sorted(tops)


def test_another_order_can_be_chosen(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    before = tab.cell("logits", 5, run=NESTED)
    highest = dict(zip(NESTED_ROWS, means().max(axis=0).tolist(), strict=True))
    for order, expected in {
        "reverse": list(NESTED_ROWS[::-1]),
        "name": sorted(NESTED_ROWS),
        "largest": sorted(NESTED_ROWS, key=lambda name: -highest[name]),
    }.items():
        tab.find("row-order").select_option(order)
        tab.wait("(page, order) => page.state().order === order", order)
        tab.settle()
        assert rows(tab) == expected
        moved = tab.cell("logits", 5, run=NESTED)
        assert (moved["value"], moved["rgb"]) == (before["value"], before["rgb"])
        middle = moved["x"] + moved["width"] / 2, moved["y"] + moved["height"] / 2
        assert np.abs(np.subtract(tab.pixel(*middle), moved["rgb"])).max() <= 3, "painted there too"


def test_by_onset_the_row_that_fell_first_is_at_the_top(tab: StabilityTab) -> None:
    tab.find("row-order").select_option("onset")
    tab.wait("page => page.state().order === 'onset'")
    tab.settle()
    assert rows(tab, FAULTY) == ["lstm", "dense", "embedding"]


def test_a_nested_model_folds_into_its_largest_layer(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    fold(tab, "encoder")
    assert rows(tab) == [
        "embedding",
        "encoder",
        *(name for name in NESTED_ROWS if name.startswith("decoder/")),
        "logits",
    ]
    inside = [index for index, name in enumerate(NESTED_ROWS) if name.startswith("encoder/")]
    largest = means()[:, inside].max(axis=1)
    for column in (0, 17, 39):
        cell = tab.cell("encoder", column, run=NESTED)
        assert cell["value"] == pytest.approx(float(largest[column]), rel=1e-6)
    fold(tab, "encoder")
    assert rows(tab) == list(NESTED_ROWS)


def test_what_is_folded_and_the_order_are_in_the_link(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    fold(tab, "encoder/block_2")
    tab.find("row-order").select_option("reverse")
    tab.page.wait_for_function("() => /folded=.*order=|order=.*folded=/.test(location.hash)")
    other = open_tab(at=tab.page.url)
    assert other.state["folded"] == ["encoder/block_2"]
    assert rows(other) == rows(tab)

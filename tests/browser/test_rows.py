"""One row: its line with the min-max band, its values as a table; many rows: filter and scroll."""

from __future__ import annotations

import numpy as np
import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, Picture, StabilityTab
from tests.browser.runs import FAULTY, NESTED, NESTED_ROWS

pytestmark = pytest.mark.browser

# How far apart two colours are, at the least, where an eye tells them apart.
DISTINCT = 12


def open_row(tab: StabilityTab, row: str) -> None:
    """Clicks a row's heatmap where no marker is."""
    tab.click_cell(tab.cell(row, 5))
    tab.panel("row", GRADIENT_NORM).wait_for()
    tab.settle()


def test_a_click_on_a_row_opens_its_history_beneath(tab: StabilityTab) -> None:
    open_row(tab, "lstm")
    panel = tab.panel("row", GRADIENT_NORM)
    assert tab.state["row"] == {"tag": GRADIENT_NORM, "row": "lstm"}
    assert "lstm · Gradient norm" in panel.inner_text()
    _, top, *_ = tab.box(panel)
    _, above, _, height = tab.box(tab.panel("heatmap", GRADIENT_NORM))
    assert top >= above + height
    x, *_ = tab.box(panel.locator(".stage"))
    assert x == tab.box(tab.heatmap())[0], "on the same x axis"
    open_row(tab, "dense")
    assert "dense · Gradient norm" in panel.inner_text()
    tab.find("row-label").filter(has_text="dense").click()
    panel.wait_for(state="detached")


def test_the_line_and_its_band_lie_where_the_values_are(open_tab: OpenTab) -> None:
    # Without the explosion the axis is fine enough to measure on.
    tab = open_tab([FAULTY], zoom="0,6", row=f"{GRADIENT_NORM},embedding")
    panel = tab.panel("row", GRADIENT_NORM)
    panel.get_by_role("button", name="log axis").click()
    panel.get_by_role("button", name="linear axis").wait_for()
    _, y, _, height = tab.box(panel.locator(".stage"))
    labels = {label.inner_text(): tab.box(label) for label in panel.locator(".y-tick").all()}
    assert len(labels) >= 2
    # The scale as a reader has it: from the labels of the axis.
    places = [top + tall / 2 - y for _, top, _, tall in labels.values()]
    slope, offset = np.polyfit([float(text) for text in labels], places, 1)
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    column = tab.call("columns", FAULTY, GRADIENT_NORM)[5]
    mean, low, high = (float(written.statistic(name)[5, 0]) for name in ("mean", "min", "max"))
    middle = (column["left"] + column["right"]) / 2
    strip: Picture = tab.picture(middle, y, 1, height)[:, 0]
    darkness = -strip.sum(axis=1)
    line = int(np.argmax(darkness))
    assert line == pytest.approx(slope * mean + offset, abs=1.5), "the line"

    def at(value: float) -> np.ndarray:
        return strip[round(float(slope * value + offset))]

    for inside, outside in ((0.95 * high, 1.05 * high), (1.05 * low, 0.97 * low)):
        assert np.abs(at(inside) - at(outside)).max() > DISTINCT, "the edge of the band"


def test_the_values_are_there_as_a_table(tab: StabilityTab) -> None:
    open_row(tab, "lstm")
    tab.find("values").locator("summary").click()
    tab.find("values").locator("tbody tr").first.wait_for()
    rows = tab.find("values").locator("tbody tr").all()
    assert len(rows) == 18
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    for column, row in enumerate(rows):
        epoch, steps, mean, low, high, last, count, nonfinite = row.locator("td").all_inner_texts()
        assert float(epoch) == column / 2
        assert steps == f"{10 * column + 1}–{10 * column + 10}"
        assert (count, nonfinite) == ("10", "10" if column >= 14 else "0")
        for text, name in ((mean, "mean"), (low, "min"), (high, "max"), (last, "last")):
            value = float(written.statistic(name)[column, 1])
            assert float(text) == pytest.approx(value, rel=6e-4, nan_ok=True)


def test_the_filter_keeps_rows_by_their_name(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    tab.find("row-filter").fill("block_3")
    tab.wait("page => page.state().filter === 'block_3'")
    wanted = [name for name in NESTED_ROWS if "block_3" in name]
    heatmap = tab.panel("heatmap", GRADIENT_NORM, NESTED)
    heatmap.get_by_text(wanted[0], exact=True).wait_for()
    assert heatmap.get_by_test_id("row-label").filter(visible=True).all_inner_texts() == wanted
    tops = [tab.cell(name, 0, run=NESTED)["y"] for name in wanted]
    assert tops == sorted(tops)
    assert tab.call("rows", NESTED, GRADIENT_NORM) == wanted
    assert tab.call("cell", NESTED, GRADIENT_NORM, "embedding", 0) is None
    tab.find("row-filter").fill("no such row")
    heatmap.get_by_text("No row is called “no such row”.").wait_for()


def test_colours_show_the_statistic_that_was_chosen(tab: StabilityTab) -> None:
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    for statistic in ("max", "min", "last"):
        tab.find(f"statistic-{statistic}").click()
        tab.wait("(page, statistic) => page.state().statistic === statistic", statistic)
        tab.settle()
        cell = tab.cell("lstm", 4)
        assert cell["value"] == pytest.approx(float(written.statistic(statistic)[4, 1]), rel=1e-6)
        shown = tab.pixel(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
        assert np.abs(np.subtract(shown, cell["rgb"][:3])).max() <= 3


def test_a_quantity_can_be_hidden_and_brought_back(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    tag = "stability/class_logits/logits"
    tab.panel("heatmap", tag, NESTED).wait_for()
    box = tab.frame.locator('[data-quantity="class_logits"]')
    box.uncheck()
    tab.panel("heatmap", tag, NESTED).wait_for(state="detached")
    tab.find("more-quantities").get_by_role("button", name="+ Logits by class").click()
    tab.panel("heatmap", tag, NESTED).wait_for()
    assert box.is_checked()

"""A thousand rows: labels that can be read, rows that scroll, and no row out of reach."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import DEEP, DEEP_ROWS

pytestmark = pytest.mark.browser

TALLEST = 600  # pixels: two heatmaps are to fit on a screen


@pytest.fixture
def deep(open_tab: OpenTab) -> StabilityTab:
    return open_tab([DEEP])


def test_labels_are_fewer_than_rows_and_none_covers_another(deep: StabilityTab) -> None:
    assert len(deep.call("rows", DEEP, GRADIENT_NORM)) == DEEP_ROWS
    *_, height = deep.box(deep.heatmap(run=DEEP))
    assert height <= TALLEST
    labels = deep.panel("heatmap", GRADIENT_NORM, DEEP).get_by_test_id("row-label")
    boxes = [deep.box(label) for label in labels.filter(visible=True).all()]
    middles = np.array([top + tall / 2 for _, top, _, tall in boxes])
    assert len(boxes) >= 20
    assert np.diff(middles).min() >= 10, "the height of a letter and more"


def test_the_wheel_scrolls_the_rows_before_the_page(deep: StabilityTab) -> None:
    before = deep.cell("layer_0", 3, run=DEEP)
    deep.hover(before["x"] + 5, before["y"] + 40)
    deep.wheel(240)
    deep.frame.evaluate("() => new Promise(done => requestAnimationFrame(done))")
    moved = deep.cell("layer_0", 3, run=DEEP)
    assert moved["y"] == pytest.approx(before["y"] - 240, abs=1)
    assert deep.frame.locator("main").evaluate("main => main.scrollTop") == 0


def test_a_pointer_that_rests_points_at_the_row_that_scrolls_under_it(deep: StabilityTab) -> None:
    cell = deep.cell("layer_10", 3, run=DEEP)
    deep.hover_cell(cell)
    tooltip = deep.find("tooltip")
    deep.frame.wait_for_selector("text=layer_10 >> visible=true")
    assert tooltip.inner_text().startswith("layer_10\n")
    scrolled = 40
    deep.wheel(scrolled * cell["height"])
    deep.frame.wait_for_function(
        "name => document.querySelector('[data-testid=tooltip]').innerText.startsWith(name)",
        arg=f"layer_{10 + scrolled}\n",
    )
    outline = deep.box(deep.frame.locator(".cell-outline:visible"))
    assert outline[1] == pytest.approx(cell["y"] - 1, abs=1), "stays under the pointer"


def test_the_keyboard_reaches_the_last_row(deep: StabilityTab) -> None:
    deep.heatmap(run=DEEP).focus()
    deep.page.keyboard.press("ArrowDown")
    for _ in range(DEEP_ROWS // 10):
        deep.page.keyboard.press("PageDown")
    name = f"layer_{DEEP_ROWS - 1}"
    assert deep.find("speech").inner_text().lower().startswith(name)
    deep.settle()
    cell = deep.cell(name, 0, run=DEEP)
    _, top, _, height = deep.box(deep.heatmap(run=DEEP))
    assert top <= cell["y"] < top + height, "scrolled into sight"
    # Beside the crosshair, which goes through the middle.
    shown = deep.pixel(cell["x"] + cell["width"] / 4, cell["y"] + cell["height"] / 2)
    assert np.abs(np.subtract(shown, cell["rgb"])).max() <= 3


def test_the_outline_of_the_cell_scrolls_along(deep: StabilityTab) -> None:
    deep.heatmap(run=DEEP).focus()
    deep.page.keyboard.press("ArrowDown")
    for _ in range(DEEP_ROWS // 10):
        deep.page.keyboard.press("PageDown")
    deep.settle()
    outline = deep.frame.locator(".cell-outline:visible")
    cell = deep.cell(f"layer_{DEEP_ROWS - 1}", 0, run=DEEP)
    assert deep.box(outline)[1] == pytest.approx(cell["y"] - 1, abs=1)


def test_the_filter_finds_one_of_them(deep: StabilityTab) -> None:
    deep.find("row-filter").fill("layer_777")
    deep.wait("(page, [run, tag]) => page.rows(run, tag).length === 1", [DEEP, GRADIENT_NORM])
    assert deep.cell("layer_777", 0, run=DEEP)["height"] >= 20, "one row is as high as any"

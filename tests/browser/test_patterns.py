"""NaN, the infinities, missing and partly non-finite: told apart without colour, light and dark."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, Picture, StabilityTab
from tests.browser.runs import GAPPED, NONFINITE

pytestmark = pytest.mark.browser

CELLS = {
    "nan": ("embedding", 4),
    "inf": ("lstm", 4),
    "-inf": ("dense", 4),
    "missing": ("embedding", 8),
}
TILE = 8  # pixels after which a pattern repeats


def grey(picture: Picture) -> npt.NDArray[np.float64]:
    return picture @ np.array([0.2126, 0.7152, 0.0722])


def inside(tab: StabilityTab, row: str, column: int) -> Picture:
    """The pixels of a cell, without the line between rows, from a multiple of the tile on."""
    cell = tab.cell(row, column, run=NONFINITE)
    x, y, *_ = tab.box(tab.heatmap(run=NONFINITE))
    left = x + TILE * np.ceil((cell["x"] + 1 - x) / TILE)
    top = y + TILE * np.ceil((cell["y"] + 2 - y) / TILE)
    return tab.picture(left, top, 2 * TILE, TILE * ((cell["height"] - 10) // TILE))


def ink(picture: Picture) -> npt.NDArray[np.bool_]:
    """Which pixels of the first tile are drawn on: a pattern without its colours."""
    tile = grey(picture)[:TILE, :TILE]
    drawn = tile > (tile.min() + tile.max()) / 2
    return drawn if drawn.mean() < 0.5 else ~drawn


@pytest.fixture(params=["light", "dark"])
def shown(request: pytest.FixtureRequest, open_tab: OpenTab) -> StabilityTab:
    tab = open_tab([NONFINITE])
    if request.param == "dark":
        tab.page.evaluate("document.body.classList.add('dark-mode')")
        tab.frame.wait_for_selector("[data-theme=dark]")
    return tab


def test_each_has_a_pattern_of_its_own(shown: StabilityTab) -> None:
    for name, (row, column) in CELLS.items():
        assert shown.cell(row, column, run=NONFINITE)["class"] == name
    pictures = {name: inside(shown, *place) for name, place in CELLS.items()}
    for name, picture in pictures.items():
        assert grey(picture).std() > 8, f"{name} has no pattern that is seen without colour"
    for one, other in itertools.combinations(pictures, 2):
        differs = (ink(pictures[one]) != ink(pictures[other])).mean()
        assert differs > 0.15, f"{one} and {other} look alike without colour"
    assert grey(inside(shown, "lstm", 2)).std() < 1, "a value is one colour"
    saturation = pictures["missing"].max(axis=2) - pictures["missing"].min(axis=2)
    assert saturation.max() < 25, "missing is grey, which the colour scale does not hold"


def test_a_cell_that_is_partly_non_finite_shows_both(shown: StabilityTab) -> None:
    cell = shown.cell("lstm", 8, run=NONFINITE)
    assert cell["class"] == "value"
    column = shown.picture(cell["x"] + 4, cell["y"], cell["width"] - 8, cell["height"] - 2)
    upper, lower = column[3 : len(column) // 2], column[-6:]
    assert np.abs(upper - cell["rgb"]).max() <= 3
    assert grey(lower).std() > 8


def test_the_key_shows_the_same_patterns(shown: StabilityTab) -> None:
    key = shown.find("pattern-key")
    names = [text.strip() for text in key.locator("li").all_inner_texts()]
    assert names == ["NaN", "+Inf", "−Inf", "not measured", "partly NaN or infinite"]
    key.scroll_into_view_if_needed()
    for name, sample in zip(CELLS, key.locator("canvas.swatch").all(), strict=False):
        swatch = shown.picture_of(sample)
        cell = inside(shown, *CELLS[name])
        assert np.abs(swatch.mean(axis=(0, 1)) - cell.mean(axis=(0, 1))).max() < 40, name


def test_a_panel_says_what_the_patterns_in_it_mean(shown: StabilityTab) -> None:
    panel = shown.panel("heatmap", GRADIENT_NORM, NONFINITE)
    key = panel.get_by_test_id("panel-key")
    expected = ["NaN", "+Inf", "−Inf", "not measured", "partly NaN or infinite"]
    assert key.locator("li").all_inner_texts() == expected
    for name, sample in zip(CELLS, key.locator("canvas.swatch").all(), strict=False):
        swatch, cell = shown.picture_of(sample), inside(shown, *CELLS[name])
        assert np.abs(swatch.mean(axis=(0, 1)) - cell.mean(axis=(0, 1))).max() < 40, name


def test_and_says_nothing_of_those_that_are_out_of_sight(open_tab: OpenTab) -> None:
    tab = open_tab([NONFINITE], zoom="0,1")
    assert tab.find("panel-key").locator("li").count() == 0
    gapped = open_tab([GAPPED])
    key = gapped.panel("heatmap", GRADIENT_NORM, GAPPED).get_by_test_id("panel-key")
    assert key.inner_text() == "not measured"

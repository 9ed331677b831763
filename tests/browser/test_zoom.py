"""Zooming with wheel, drag and keys, all panels together, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED, SPIKE, SPIKE_WINDOW

pytestmark = pytest.mark.browser

FULL = [0, 9]  # epochs of the run `faulty`


def domain(tab: StabilityTab) -> list[float]:
    return list(tab.state["domain"])


def zoomed(tab: StabilityTab) -> list[float]:
    """Waits for a zoom, and returns the part of the axis in sight."""
    tab.wait("page => page.state().zoom !== null")
    tab.settle()
    return domain(tab)


def left_of(tab: StabilityTab, column: int) -> float:
    columns = tab.call("columns", FAULTY, GRADIENT_NORM)
    return float(columns[column]["left"])


def test_ctrl_and_wheel_zoom_about_the_pointer(tab: StabilityTab) -> None:
    cell = tab.cell("lstm", 6)
    tab.hover(cell["x"], cell["y"] + cell["height"] / 2)
    tab.wheel(-100, key="Control")
    start, end = zoomed(tab)
    assert end - start < 8
    assert left_of(tab, 6) == pytest.approx(cell["x"], abs=1), "what is pointed at stays"
    tab.hover_cell(tab.cell("lstm", 6))
    tab.wheel(100, key="Control")
    tab.wheel(100, key="Control")
    tab.wait("page => page.state().zoom === null")


def test_nothing_moves_up_or_down_on_a_zoom(tab: StabilityTab) -> None:
    cell = tab.cell("lstm", 12)
    tab.hover(cell["x"], cell["y"] + cell["height"] / 2)
    # The labels of the markers part, and in the end none is in sight.
    for _ in range(8):
        start, end = domain(tab)
        tab.wheel(-100, key="Control")
        tab.wait(
            "(page, width) => page.state().domain[1] - page.state().domain[0] < width", end - start
        )
        assert tab.cell("lstm", 12)["y"] == cell["y"], domain(tab)
    tab.find("reset-zoom").click()
    tab.wait("page => page.state().zoom === null")
    assert tab.cell("lstm", 12)["y"] == cell["y"]


def test_a_plain_wheel_scrolls_the_page(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, FIXED], height=600)
    tab.hover_cell(tab.cell("embedding", 6))
    tab.wheel(200)
    tab.frame.wait_for_function("() => document.querySelector('main').scrollTop > 0")
    assert tab.state["zoom"] is None


def test_shift_and_wheel_move_along(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="2,4")
    tab.hover_cell(tab.cell("lstm", 6))
    tab.wheel(100, key="Shift")
    tab.wait("page => page.state().domain[0] > 2")
    start, end = domain(tab)
    assert end - start == pytest.approx(2)


def test_a_drag_zooms_every_run_to_what_was_dragged_over(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, FIXED])
    first, last = tab.cell("lstm", 4), tab.cell("lstm", 8)
    y = first["y"] + 5
    tab.drag((first["x"], y), (last["x"], y))
    width = tab.state["plotWidth"]
    assert zoomed(tab) == pytest.approx([2, 4], abs=2 * 9 / width)
    for run in (FAULTY, FIXED):
        left, *_ = tab.box(tab.heatmap(run=run))
        columns = tab.call("columns", run, GRADIENT_NORM)
        middle = next(column for column in columns if column["firstStep"] == 61)
        assert middle["left"] == pytest.approx(left + width / 2, rel=0.02)
        assert middle["right"] - middle["left"] == pytest.approx(width / 4, rel=0.02)


def test_plus_minus_and_zero(tab: StabilityTab) -> None:
    tab.heatmap().focus()
    tab.page.keyboard.press("+")
    start, end = zoomed(tab)
    assert end - start == pytest.approx(9 / 1.6, rel=1e-6)
    tab.page.keyboard.press("+")
    tab.wait("(page, before) => page.state().domain[1] - page.state().domain[0] < before", 5)
    tab.page.keyboard.press("-")
    tab.wait("(page, before) => page.state().domain[1] - page.state().domain[0] > before", 5)
    tab.page.keyboard.press("0")
    tab.wait("page => page.state().zoom === null")
    assert domain(tab) == FULL


def test_ways_back(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY])
    ways = {
        "Escape": lambda: tab.page.keyboard.press("Escape"),
        "the button": lambda: tab.find("reset-zoom").click(),
        "a double click": lambda: tab.heatmap().dblclick(),
    }
    for name, way in ways.items():
        cell = tab.cell("lstm", 4)
        tab.drag((cell["x"], cell["y"] + 5), (cell["x"] + 100, cell["y"] + 5))
        zoomed(tab)
        assert tab.find("zoom-range").inner_text().startswith("epoch "), name
        way()
        tab.wait("page => page.state().zoom === null")
        assert domain(tab) == FULL, name
        assert not tab.find("zoom-range").is_visible()


def test_markers_out_of_sight_are_counted(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="0,2")
    assert tab.call("markers") == []
    tab.frame.get_by_role("button", name="3 later ▸").click()
    tab.wait("page => page.state().zoom === null")
    assert len(tab.kinds()) == 3


def test_lines_heatmaps_and_markers_move_together(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="5,8")
    width = tab.state["plotWidth"]
    columns = tab.call("columns", FAULTY, GRADIENT_NORM)
    window = next(column for column in columns if column["firstStep"] == 121)
    assert window["right"] - window["left"] == pytest.approx(width / 6, abs=1)
    places = {item["x"] for item in tab.call("markers") if item["kind"] == "exploding_gradient"}
    (x,) = places
    assert x == pytest.approx(window["left"], abs=1)
    ticks = tab.panel("loss", "loss").locator(".x-tick").all_inner_texts()
    assert "5" in ticks
    assert "0" not in ticks


def test_a_single_step_is_seen_among_more_windows_than_pixels(open_tab: OpenTab) -> None:
    tab = open_tab([SPIKE], width=900, statistic="max")
    columns = tab.call("columns", SPIKE, GRADIENT_NORM)
    assert len(columns) < 1000
    step = 10 * SPIKE_WINDOW + 5
    at = next(i for i, column in enumerate(columns) if column["lastStep"] >= step)
    assert tab.cell("lstm", at, run=SPIKE)["value"] == 1000
    left, y, width, height = tab.box(tab.heatmap(run=SPIKE))
    row = tab.picture(left, y + height / 2 - 3, width, 1)[0]
    bright = np.flatnonzero(np.abs(row - row[0]).max(axis=1) > 100)
    expected = width * (step / 20_000)
    assert len(bright) >= 1
    assert np.abs(bright - expected).max() <= 2


def test_the_axis_may_be_epoch_step_or_wall_time(tab: StabilityTab) -> None:
    # Windows are half an epoch, ten steps, and end a second apart.
    for axis, length in (("step", 180.0), ("wall", 18.0), ("epoch", 9.0)):
        tab.find(f"axis-{axis}").click()
        tab.wait("(page, axis) => page.state().axis === axis", axis)
        tab.settle()
        start, end = domain(tab)
        assert end - start == pytest.approx(length, abs=1e-3)
        assert (axis == "wall") == (start > 0)
        columns = tab.call("columns", FAULTY, GRADIENT_NORM)
        lefts = np.array([column["left"] for column in columns])
        assert np.abs(np.diff(lefts) - tab.state["plotWidth"] / 18).max() < 0.01
        (x,) = {item["x"] for item in tab.call("markers") if item["kind"] == "exploding_gradient"}
        assert x == pytest.approx(lefts[12], abs=1)


def test_a_zoom_stays_on_the_same_windows_when_the_axis_changes(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], zoom="2,4")
    tab.find("axis-step").click()
    tab.wait("page => page.state().axis === 'step'")
    assert domain(tab) == pytest.approx([40, 80])
    tab.find("axis-epoch").click()
    tab.wait("page => page.state().axis === 'epoch'")
    assert domain(tab) == pytest.approx([2, 4])

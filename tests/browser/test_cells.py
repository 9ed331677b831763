"""What is drawn is what was written: cells, columns and markers, with every way to load them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED, GAPPED, LONG
from tests.browser.tensorboards import tensorboard

pytestmark = pytest.mark.browser

LOADERS = {"data server": "--load_fast=true", "python loader": "--load_fast=false"}


@pytest.fixture(scope="module", params=LOADERS)
def loaded(request: pytest.FixtureRequest, logdir: pathlib.Path) -> Iterator[str]:
    # As where it was trained, too: with TensorFlow.
    tensorflow = request.param == "python loader"
    with tensorboard(logdir, LOADERS[request.param], tensorflow=tensorflow) as address:
        yield address


def test_every_cell_and_every_marker_of_a_run(loaded: str, open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], at=loaded)
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    columns = tab.call("columns", FAULTY, GRADIENT_NORM)
    assert [column["lastStep"] for column in columns] == written.step.tolist()
    for index, row in enumerate(written.rows):
        for column in range(len(columns)):
            cell = tab.cell(row, column)
            mean = written.statistic("mean")[column, index]
            if np.isnan(mean):
                assert cell["class"] == "nan"
            else:
                assert cell["class"] == "value"
                assert cell["value"] == pytest.approx(float(mean), rel=1e-6)
    markers = tab.call("markers")
    assert {(marker["kind"], marker["epoch"], marker["step"]) for marker in markers} == {
        ("exploding_gradient", 6, 121),
        ("nonfinite_loss", 7, 141),
        ("nonfinite_gradient", 7, 141),
    }


def test_300_epochs_are_300_columns(loaded: str, open_tab: OpenTab) -> None:
    tab = open_tab([LONG], at=loaded)
    assert len(tab.call("columns", LONG, GRADIENT_NORM)) == 300


def test_below_a_path_prefix(logdir: pathlib.Path, open_tab: OpenTab) -> None:
    with tensorboard(logdir, path_prefix="/some/where") as address:
        tab = open_tab([FAULTY], at=address)
        assert tab.cell("lstm", 16)["class"] == "nan"
        assert tab.call("markers")


def test_the_colour_on_the_screen_is_the_colour_of_the_cell(tab: StabilityTab) -> None:
    for row in synthetic.LAYERS:
        cell = tab.cell(row, 3)
        shown = tab.pixel(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
        assert np.abs(np.subtract(shown, cell["rgb"][:3])).max() <= 3, row


def test_the_highest_value_is_the_brightest(tab: StabilityTab) -> None:
    def brightness(column: int) -> float:
        return float(np.dot(tab.cell("lstm", column)["rgb"], (0.2126, 0.7152, 0.0722)))

    shown = [brightness(column) for column in (3, 12, 13)]  # 2, 30 times and 3000 times as high
    assert shown == sorted(shown)
    assert shown[2] - shown[0] > 100


def test_a_healthy_run_has_no_marker(open_tab: OpenTab) -> None:
    tab = open_tab([FIXED])
    assert tab.call("markers") == []
    assert tab.find("marker-line").count() == 0
    assert "Nothing found: stable, 9 epochs" in tab.find("findings").inner_text()


def test_windows_that_are_missing_leave_a_hatched_gap_and_a_note(open_tab: OpenTab) -> None:
    tab = open_tab([GAPPED])
    assert (
        "40 of 180 steps are missing, the first of them step 61" in tab.find("notes").inner_text()
    )
    columns = tab.call("columns", GAPPED, GRADIENT_NORM)
    assert [column["lastStep"] for column in columns[5:7]] == [60, 110]
    left, right = columns[5]["right"], columns[6]["left"]
    assert right - left == pytest.approx(columns[5]["right"] - columns[1]["right"], abs=1)
    cell = tab.cell("lstm", 5, run=GAPPED)
    gap = tab.picture(left + 3, cell["y"] + 3, right - left - 6, cell["height"] - 6)
    assert gap.std(axis=(0, 1)).max() > 5, "a pattern, not one colour"
    tab.hover((left + right) / 2, cell["y"] + 5)
    assert "no window here" in tab.find("tooltip").inner_text()

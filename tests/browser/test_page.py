"""The page in a real browser on a real TensorBoard: what is drawn is what was written."""

from __future__ import annotations

import pathlib
import shutil
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser

from tests import synthetic
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.tensorboards import tensorboard

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"

LOADERS = {"data server": "--load_fast=true", "python loader": "--load_fast=false"}


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    logdir = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.exploding(), logdir / "faulty")
    synthetic.write(synthetic.healthy(), logdir / "fixed")
    long = synthetic.run(np.linspace(2, 1, 300), gradients=np.ones((300, 3)), per_epoch=1)
    synthetic.write(long, logdir / "long")
    synthetic.write(synthetic.healthy(), logdir / HOSTILE)
    return logdir


@pytest.fixture(scope="module")
def address(logdir: pathlib.Path) -> Iterator[str]:
    with tensorboard(logdir) as address:
        yield address


@pytest.mark.parametrize("loader", LOADERS)
def test_every_cell_and_every_marker_of_a_run(
    loader: str, logdir: pathlib.Path, browser: Browser
) -> None:
    with tensorboard(logdir, LOADERS[loader]) as address:
        tab = StabilityTab(browser, address, ["faulty"])
        written = synthetic.exploding().get(GRADIENT_NORM)
        assert written is not None
        columns = tab.call("columns", "faulty", GRADIENT_NORM)
        assert [column["lastStep"] for column in columns] == written.step.tolist()
        for index, row in enumerate(written.rows):
            for column in range(len(columns)):
                cell = tab.call("cell", "faulty", GRADIENT_NORM, row, column)
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
        assert tab.errors == []
        tab.page.close()


@pytest.mark.parametrize("loader", LOADERS)
def test_300_epochs_are_300_columns(loader: str, logdir: pathlib.Path, browser: Browser) -> None:
    with tensorboard(logdir, LOADERS[loader]) as address:
        tab = StabilityTab(browser, address, ["long"])
        assert len(tab.call("columns", "long", GRADIENT_NORM)) == 300
        tab.page.close()


def test_markers_stand_at_the_same_pixel_in_every_panel(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty"])
    markers = [marker for marker in tab.call("markers") if marker["kind"] == "exploding_gradient"]
    assert len(markers) >= 2
    assert len({marker["x"] for marker in markers}) == 1
    column = tab.call("columns", "faulty", GRADIENT_NORM)[12]
    assert markers[0]["x"] == pytest.approx(column["left"], abs=1)
    tab.page.close()


def test_the_colour_on_the_screen_is_the_colour_of_the_cell(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty"])
    for row in synthetic.LAYERS:
        cell = tab.call("cell", "faulty", GRADIENT_NORM, row, 3)
        shown = tab.pixel(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
        assert np.abs(np.subtract(shown, cell["rgb"][:3])).max() <= 3, row
    tab.page.close()


def test_the_pointer_shows_exact_values(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty"])
    cell = tab.call("cell", "faulty", GRADIENT_NORM, "lstm", 16)
    tab.hover(cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2)
    tip = tab.frame.locator("[role=tooltip], .tooltip").first
    tip.wait_for(state="visible")
    text = tip.inner_text()
    for expected in ("lstm", "161", "170", "NaN"):
        assert expected in text
    tab.page.close()


def test_findings_say_what_where_and_what_to_try(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty"])
    text = tab.frame.locator("[data-testid^=finding]").first.inner_text()
    for expected in ("Exploding gradient", "step 121", "lstm", "global_clipnorm="):
        assert expected in text
    tab.page.close()


def test_a_healthy_run_has_no_marker(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["fixed"])
    assert tab.call("markers") == []
    tab.page.close()


def test_a_hostile_name_is_text(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, [HOSTILE])
    dialogs: list[object] = []
    tab.page.on("dialog", lambda dialog: dialogs.append(dialog))
    assert HOSTILE in tab.frame.locator("body").inner_text()
    assert tab.frame.locator("img").count() == 0
    assert dialogs == []
    tab.page.close()


def test_below_a_path_prefix(logdir: pathlib.Path, browser: Browser) -> None:
    with tensorboard(logdir, path_prefix="/some/where") as address:
        tab = StabilityTab(browser, address, ["faulty"])
        assert tab.call("cell", "faulty", GRADIENT_NORM, "lstm", 16)["class"] == "nan"
        assert tab.call("markers")
        assert tab.errors == []
        tab.page.close()


def test_a_running_training_is_followed(tmp_path: pathlib.Path, browser: Browser) -> None:
    part = synthetic.healthy(10)
    running = synthetic.run(
        part.series[0].statistic("mean")[:, 0],
        gradients=np.ones((10, 3)),
        record=synthetic.run_record("training"),
    )
    synthetic.write(running, tmp_path / "run1")
    with tensorboard(tmp_path) as address:
        tab = StabilityTab(browser, address, ["run1"])
        assert len(tab.call("columns", "run1", GRADIENT_NORM)) == 10
        shutil.rmtree(tmp_path / "run1")
        synthetic.write(synthetic.exploding(), tmp_path / "run1")
        tab.page.wait_for_function(
            "tag => document.querySelector('iframe').contentWindow.tbStability"
            ".columns('run1', tag).length === 18",
            arg=GRADIENT_NORM,
            timeout=60_000,
        )
        tab.settle()
        assert {marker["kind"] for marker in tab.call("markers")} >= {"exploding_gradient"}
        tab.page.close()


def test_a_link_opens_the_same_view(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty", "fixed"], axis="step", zoom="50,130")
    state = tab.call("state")
    assert state["axis"] == "step"
    assert state["domain"] == pytest.approx([50, 130])
    assert [run["run"] for run in state["shown"]] == ["faulty", "fixed"]
    tab.page.close()


def test_dark_mode_follows_tensorboard(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty"])
    light = tab.pixel(3, 3)
    tab.page.evaluate("document.body.classList.add('dark-mode')")
    tab.page.wait_for_timeout(500)
    dark = tab.pixel(3, 3)
    assert min(light) > 200
    assert max(dark) < 80
    tab.page.close()

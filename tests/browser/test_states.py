"""What the page says when there is nothing to draw, not yet, or no more."""

from __future__ import annotations

import json
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM
from tests.browser.runs import BARE, FAULTY, FIXED, REPORTED, write_scalars
from tests.browser.tensorboards import tensorboard

pytestmark = pytest.mark.browser

RUNS = "**/plugin/stability/runs*"
SERIES = "**/plugin/stability/series*"


def answer(pattern: str, handle: Callable[[Route], Any]) -> Callable[[Page], None]:
    """Prepares a browser page so that requests of a route are handled by the test."""
    return lambda page: page.route(pattern, handle)


def refuse(status: int, sentence: str) -> Callable[[Route], None]:
    body = json.dumps({"error": sentence})
    return lambda route: route.fulfill(status=status, content_type="application/json", body=body)


@pytest.fixture(scope="module")
def other_logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """What somebody has who never used the callback, and logged no loss either."""
    logdir = tmp_path_factory.mktemp("other")
    write_scalars(logdir / "game", {"reward": [1.0, 2.0, 3.0]})
    return logdir


@pytest.fixture(scope="module")
def without_data(other_logdir: pathlib.Path) -> Iterator[str]:
    with tensorboard(other_logdir, listed=False) as address:
        yield address


def test_without_data_it_says_what_to_do_and_fills_by_itself(
    open_tab: OpenTab, without_data: str, other_logdir: pathlib.Path
) -> None:
    tab = open_tab(at=without_data, settled=False)
    state = tab.find("no-runs")
    state.wait_for()
    text = state.inner_text()
    for expected in (
        "No run in this log directory was logged for stability",
        "from tb_stability import StabilityCallback",
        'model.fit(x, y, epochs=20, callbacks=[StabilityCallback("logs/run1")])',
        "tensorboard --logdir logs",
    ):
        assert expected in text
    synthetic.write(synthetic.healthy(), other_logdir / "run1")
    tab.find("run").wait_for(timeout=60_000)
    tab.settle()
    assert len(tab.call("columns", "run1", GRADIENT_NORM)) == 18


def test_a_run_without_measurements_says_so(open_tab: OpenTab) -> None:
    tab = open_tab([BARE], settled=False)
    tab.frame.get_by_text("This run holds no series that can be drawn.").wait_for()
    assert "no data" in tab.find("verdict").inner_text().lower()
    assert "Nothing to judge: the run holds no measurements." in tab.find("findings").inner_text()


def test_a_run_logged_without_the_callback_shows_its_loss_and_says_what_is_not_there(
    open_tab: OpenTab,
) -> None:
    tab = open_tab([REPORTED])
    notes = tab.find("notes").inner_text()
    assert "Logged without tb_stability: read from the scalars epoch_loss" in notes
    assert "What StabilityCallback adds: the gradient norm of every layer" in notes
    assert tab.panel("loss", "loss", REPORTED).locator(".stage canvas").is_visible()
    markers = {(item["kind"], item["epoch"]) for item in tab.call("markers")}
    assert markers == {("loss_divergence", 10)}


def test_while_it_reads_it_says_so(open_tab: OpenTab) -> None:
    held: list[Route] = []
    tab = open_tab([FAULTY], prepare=answer(RUNS, lambda route: held.append(route)), settled=False)
    tab.frame.get_by_role("status").filter(has_text="Reading the runs").wait_for()
    assert len(held) == 1
    held[0].continue_()
    tab.settle()
    assert tab.frame.get_by_text("Reading the runs").count() == 0


def test_a_panel_that_waits_for_its_values_is_marked(open_tab: OpenTab) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if "gradient_norm" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    tab = open_tab([FAULTY], prepare=answer(SERIES, hold), settled=False)
    waiting = tab.frame.locator('.panel.loading[data-kind="heatmap"]')
    waiting.wait_for()
    assert "Gradient norm" in waiting.inner_text()
    progress = tab.find("progress")
    progress.wait_for()
    assert progress.get_by_role("progressbar").count() == 1
    held[0].continue_()
    tab.settle()
    progress.wait_for(state="hidden")
    assert tab.frame.locator(".panel.loading").count() == 0
    assert tab.cell("lstm", 3)["class"] == "value"


def test_runs_that_cannot_be_read_can_be_tried_again(open_tab: OpenTab) -> None:
    working = False

    def fail_at_first(route: Route) -> None:
        if working:
            route.continue_()
        else:
            refuse(500, "The disk is on fire.")(route)

    tab = open_tab([FAULTY], prepare=answer(RUNS, fail_at_first), settled=False)
    alert = tab.frame.get_by_role("alert").filter(has_text="The runs could not be read")
    alert.wait_for()
    assert "The disk is on fire." in alert.inner_text()
    working = True
    alert.get_by_role("button", name="Try again").click()
    tab.settle()
    assert not alert.is_visible()
    assert {error.split()[0] for error in tab.errors} == {"500"}
    tab.errors.clear()


def test_one_panel_that_fails_leaves_the_others(open_tab: OpenTab) -> None:
    working = False

    def fail_gradients(route: Route) -> None:
        if not working and "gradient_norm" in route.request.url:
            refuse(404, "There is no tag of that name.")(route)
        else:
            route.continue_()

    tab = open_tab([FAULTY], prepare=answer(SERIES, fail_gradients), settled=False)
    panel = tab.panel("heatmap", GRADIENT_NORM)
    panel.get_by_text("There is no tag of that name.").wait_for()
    tab.settle()
    assert tab.panel("loss", "loss").locator(".stage canvas").is_visible()
    assert tab.kinds() == {"exploding_gradient", "nonfinite_loss", "nonfinite_gradient"}
    working = True
    panel.get_by_role("button", name="Try again").click()
    panel.get_by_text("There is no tag of that name.").wait_for(state="hidden")
    tab.settle()
    assert tab.cell("lstm", 3)["class"] == "value"
    assert {error.split()[0] for error in tab.errors} == {"404"}
    tab.errors.clear()


def test_a_tensorboard_that_went_away_is_said_and_what_is_drawn_stays(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY])
    tab.page.route(RUNS, lambda route: route.abort())
    tab.page.locator("app-header-reload button").click()
    tab.frame.get_by_role("status").filter(has_text="Trying again.").wait_for()
    assert tab.cell("lstm", 3)["class"] == "value"
    tab.page.unroute(RUNS)
    tab.page.locator("app-header-reload button").click()
    tab.frame.get_by_text("Trying again.").wait_for(state="hidden")


def test_no_run_chosen_says_how_to_choose(tab_of_fixed: Any) -> None:
    tab = tab_of_fixed
    tab.run_item(FIXED).get_by_role("checkbox").uncheck()
    tab.frame.get_by_text("No run is chosen").wait_for()
    assert tab.find("findings").count() == 0 or not tab.find("findings").is_visible()


@pytest.fixture
def tab_of_fixed(open_tab: OpenTab) -> Any:
    return open_tab([FIXED])

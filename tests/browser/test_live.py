"""A training is followed while it runs: what was chosen stays, and nothing flickers."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import Training
from tests.browser.tensorboards import tensorboard, wait_until_listed

pytestmark = pytest.mark.browser

# Once a frame: what the canvas of a heatmap holds, and what is on the page around it. Every look
# that differs from the one before is kept.
WATCH_FRAMES = """run => {
  const panel = document.querySelector(
    `[data-testid=panel][data-kind=heatmap][data-run="${run}"]`);
  const canvas = panel.querySelector(".stage canvas");
  window.looks = [];
  const look = () => {
    const { width, height } = canvas;
    const pixels = canvas.getContext("2d").getImageData(0, 0, width, height).data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i++) sum = (31 * sum + pixels[i]) | 0;
    const panels = [...document.querySelectorAll("[data-testid=panel]")]
      .map(item => [item.dataset.kind, Math.round(item.getBoundingClientRect().top),
                    item.classList.contains("loading")]);
    const now = JSON.stringify([width, height, sum, panels, canvas.isConnected]);
    if (window.looks.at(-1) !== now) window.looks.push(now);
    requestAnimationFrame(look);
  };
  look();
}"""


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Tests write runs of their own into it."""
    logdir = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.healthy(), logdir / "other")
    return logdir


@pytest.fixture(scope="module")
def address(logdir: pathlib.Path) -> Iterator[str]:
    with tensorboard(logdir) as address:
        yield address


def follow(open_tab: OpenTab, training: Training, count: int) -> StabilityTab:
    """Opens a run of which so many windows are written, once TensorBoard has read them."""
    training.write(count)
    tab = open_tab()
    run = pathlib.Path(training.writer.log_dir).name
    tab.run_item(run).wait_for(timeout=60_000)
    tab.choose(run, only=True)
    wait_for_windows(tab, count)
    return tab


def wait_for_windows(tab: StabilityTab, count: int) -> None:
    """Waits until so many windows are drawn, in whatever columns."""
    step = 10 * count
    tab.frame.wait_for_function(
        """([tag, step]) => {
          const page = window.tbStability;
          const { full, shown } = page.state();
          return full && shown[0].revision.startsWith(`${step}:`) && !page.state().busy
            && Math.abs(full[1] - step / 20) < 1e-9;
        }""",
        arg=[GRADIENT_NORM, step],
        timeout=60_000,
    )
    tab.settle()


def test_new_windows_and_markers_appear_by_themselves(
    logdir: pathlib.Path, open_tab: OpenTab
) -> None:
    training = Training(logdir / "explodes", synthetic.exploding())
    tab = follow(open_tab, training, 10)
    assert len(tab.call("columns", "explodes", GRADIENT_NORM)) == 10
    assert tab.call("markers") == []
    assert "still training" in tab.find("verdict").inner_text()
    assert "stable, 5 epochs, still training" in tab.run_item("explodes").inner_text()
    training.write(8)
    training.finish()
    wait_for_windows(tab, 18)
    assert len(tab.call("columns", "explodes", GRADIENT_NORM)) == 18
    assert tab.kinds() == {"exploding_gradient", "nonfinite_loss", "nonfinite_gradient"}
    assert "Diverged".lower() in tab.find("verdict").inner_text().lower()
    assert "still training" not in tab.find("verdict").inner_text()


def test_zoom_row_and_focus_stay_and_nothing_flickers(
    logdir: pathlib.Path, open_tab: OpenTab
) -> None:
    training = Training(logdir / "calm", synthetic.healthy(40))
    tab = follow(open_tab, training, 12)
    # Held, so that a new value cannot recolour the old ones.
    tab.find("legend-hold").first.click()
    first, last = (tab.cell("lstm", column, run="calm") for column in (2, 8))
    tab.drag((first["x"], first["y"] + 5), (last["x"], last["y"] + 5))
    tab.wait("page => page.state().zoom !== null")
    tab.find("row-label").filter(has_text="lstm").click()
    row = tab.panel("row", GRADIENT_NORM, "calm")
    row.wait_for()
    tab.settle()
    row.evaluate("element => { element.same = true; }")
    tab.heatmap(run="calm").focus()
    chosen = tab.state
    area = tab.heatmap(run="calm")
    before = tab.picture_of(area)
    tab.frame.evaluate(WATCH_FRAMES, "calm")

    training.write(6)
    tab.frame.wait_for_function("() => window.tbStability.state().full[1] === 9", timeout=60_000)
    tab.settle()

    now = tab.state
    assert {key: now[key] for key in ("zoom", "row", "held", "runs")} == {
        key: chosen[key] for key in ("zoom", "row", "held", "runs")
    }
    assert now["domain"] == chosen["domain"]
    assert row.evaluate("element => element.same"), "the panel is the same, not a new one"
    assert area.evaluate("element => element === document.activeElement")
    assert np.array_equal(tab.picture_of(area), before)
    assert len(tab.frame.evaluate("window.looks")) == 1, "every frame looked like the first"
    training.finish()


def test_the_reload_button_of_tensorboard_fetches_at_once(
    logdir: pathlib.Path, open_tab: OpenTab, address: str
) -> None:
    tab = open_tab(["other"])
    synthetic.write(synthetic.healthy(), logdir / "written later")
    # By itself a page that shows no training asks again after half a minute.
    wait_until_listed(address, "written later")
    tab.page.locator("app-header-reload button").click()
    tab.run_item("written later").wait_for(timeout=10_000)
    assert tab.state["runs"] == ["other"], "what was chosen stays"

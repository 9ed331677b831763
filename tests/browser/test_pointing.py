"""Under the pointer: one crosshair through all panels, and exact values."""

from __future__ import annotations

import numpy as np
import pytest

from tests import synthetic
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED, NESTED, NONFINITE

pytestmark = pytest.mark.browser


def readings(tab: StabilityTab) -> dict[str, str]:
    """What the tooltip says: names and values."""
    tip = tab.find("tooltip")
    tip.wait_for(state="visible")
    names = tip.locator("dt").all_inner_texts()
    return dict(zip(names, tip.locator("dd").all_inner_texts(), strict=True))


def test_the_crosshair_goes_through_all_panels(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, FIXED])
    areas = tab.frame.locator(".stage").all()
    assert len(areas) == 4
    before = [tab.picture_of(area) for area in areas]
    x, _ = tab.hover_cell(tab.cell("lstm", 4))
    assert tab.frame.locator(".crosshair:visible").count() == 4
    for area, was in zip(areas[2:], before[2:], strict=True):  # those without pointer and tooltip
        changed = np.abs(tab.picture_of(area) - was).max(axis=2) > 20
        left, *_ = tab.box(area)
        (columns,) = np.nonzero(changed.mean(axis=0) > 0.9)
        assert len(columns) >= 1
        assert np.abs(columns + left - x).max() <= 1.5
    tab.hover(3, 3)
    assert tab.frame.locator(".crosshair:visible").count() == 0


def test_the_tooltip_says_what_the_event_file_holds(tab: StabilityTab) -> None:
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    for row, column in (("embedding", 0), ("lstm", 13), ("dense", 11)):
        tab.hover_cell(tab.cell(row, column))
        shown = readings(tab)
        for name in ("mean", "min", "max", "last", "count"):
            value = float(written.statistic(name)[column, synthetic.LAYERS.index(row)])
            assert float(shown[name]) == pytest.approx(value, rel=6e-4), (row, column, name)
        assert shown["non-finite"] == "0"
        place = tab.find("tooltip").inner_text()
        assert row in place
        first, last = 10 * column + 1, 10 * column + 10
        assert f"epoch {column / 2:g}–{column / 2 + 0.5:g} · steps {first}–{last}" in place


def test_a_cell_is_compared_with_the_baseline_of_its_own_row(tab: StabilityTab) -> None:
    written = synthetic.exploding().get(GRADIENT_NORM)
    assert written is not None
    for row, column in (("lstm", 12), ("dense", 11)):
        history = written.statistic("mean")[:, synthetic.LAYERS.index(row)]
        # The explosion in window 12 stands apart: what comes before it is what was usual.
        usual = np.median(history[:12])
        tab.hover_cell(tab.cell(row, column))
        remark = tab.find("tooltip").locator(".tip-remark").first.inner_text()
        ratio = float(remark.partition("×")[0])
        assert "× the row's baseline" in remark
        assert ratio == pytest.approx(history[column] / usual, rel=0.06), remark


def test_what_is_not_a_number_is_said(open_tab: OpenTab) -> None:
    tab = open_tab([NONFINITE])
    for row, column, expected in (
        ("embedding", 4, "NaN at step 41"),
        ("lstm", 4, "+Inf at step 41"),
        ("dense", 4, "−Inf at step 41"),
        ("embedding", 8, "missing: never measured here"),
        ("lstm", 8, "NaN or infinite at step 83"),
    ):
        tab.hover_cell(tab.cell(row, column, run=NONFINITE))
        assert expected in tab.find("tooltip").inner_text()


def test_the_pointer_on_a_marker_names_it(tab: StabilityTab) -> None:
    x = next(item["x"] for item in tab.call("markers") if item["kind"] == "exploding_gradient")
    cell = tab.cell("lstm", 12)
    tab.hover(x + 1, cell["y"] + cell["height"] / 2)
    assert "Exploding gradient, epoch 6, step 121, lstm" in tab.find("tooltip").inner_text()


def test_the_loss_panel_reads_every_line(open_tab: OpenTab) -> None:
    tab = open_tab([FIXED])
    cell = tab.cell("lstm", 5, run=FIXED)
    _, y, _, height = tab.box(tab.panel("loss", "loss", FIXED).locator(".stage"))
    tab.hover(cell["x"] + cell["width"] / 2, y + height / 2)
    shown = readings(tab)
    run = synthetic.healthy()
    loss = run.series[0].statistic("mean")[5, 0]
    assert float(shown["loss per step"].split()[0]) == pytest.approx(float(loss), rel=6e-4)
    assert float(shown["validation loss"]) == pytest.approx(float(loss) + 0.05, rel=6e-4)
    assert float(shown["learning rate"]) == pytest.approx(0.01)


def test_time_steps_and_classes_are_rows_too(open_tab: OpenTab) -> None:
    tab = open_tab([NESTED])
    cell = tab.cell("t = 29", 39, "stability/cell_state/encoder/lstm", NESTED)
    assert cell["value"] == pytest.approx(2 * (1 + 39 / 40), rel=1e-5)
    cell = tab.cell("3", 39, "stability/class_logits/logits", NESTED)
    assert cell["value"] == pytest.approx(3, rel=1e-5)

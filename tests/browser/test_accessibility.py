"""axe-core finds nothing against WCAG 2.2 A and AA, light and dark; and what it cannot see."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED, NESTED, NONFINITE, SWEEP

pytestmark = pytest.mark.browser

AXE = pathlib.Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(tab: StabilityTab) -> dict[str, list[str]]:
    """What axe-core has against the page as it is: for each rule the elements, and why."""
    if not AXE.exists():
        pytest.fail(f"{AXE} is not there: run `npm --prefix frontend ci`")
    # Not as a script tag, which TensorBoard's content security policy refuses.
    tab.frame.evaluate(AXE.read_text() + "; undefined")
    found: dict[str, Any] = tab.frame.evaluate(
        "rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES
    )
    return {
        rule["id"]: [f"{node['target']}: {node['failureSummary']}" for node in rule["nodes"]]
        for rule in found["violations"]
    }


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def darken(tab: StabilityTab, theme: str) -> None:
    if theme == "dark":
        tab.page.evaluate("document.body.classList.add('dark-mode')")
        tab.frame.wait_for_selector("[data-theme=dark]")


def test_a_run_with_everything_open(open_tab: OpenTab, theme: str) -> None:
    tab = open_tab([FAULTY], zoom="0,8", onset=f"{FAULTY},exploding_gradient,121,lstm")
    darken(tab, theme)
    tab.find("row-label").filter(has_text="dense", visible=True).first.click()
    tab.panel("row", GRADIENT_NORM).wait_for()
    tab.find("values").locator("summary").click()
    for consequence in tab.find("consequence").all():
        consequence.locator("summary").click()
    tab.find("thresholds").locator("summary").click()
    tab.find("threshold-spikes").fill("7")
    tab.frame.get_by_text("1 changed").wait_for()
    tab.panel("heatmap", GRADIENT_NORM).locator(".save-menu summary").click()
    assert violations(tab) == {}


def test_runs_compared(open_tab: OpenTab, theme: str) -> None:
    tab = open_tab([*SWEEP, NONFINITE])
    darken(tab, theme)
    assert violations(tab) == {}


def test_a_nested_model_beside_a_run_without_its_quantities(open_tab: OpenTab, theme: str) -> None:
    tab = open_tab([NESTED, FIXED], width=900)
    darken(tab, theme)
    assert violations(tab) == {}


def test_a_heatmap_says_what_it_shows(tab: StabilityTab) -> None:
    name = tab.heatmap().get_attribute("aria-label") or ""
    assert name.startswith("Gradient norm, 3 rows by 18 columns")
    assert tab.heatmap().get_attribute("aria-roledescription") == "heatmap"


def test_severity_is_told_by_shape_and_word_too(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY, FIXED, NONFINITE])
    shapes = {
        str(item.get_attribute("data-mood")): item.locator(".dot").inner_text()
        for item in tab.find("run-item").all()
    }
    assert len(set(shapes.values())) == len(shapes) >= 3, shapes
    badges = [item.inner_text().lower() for item in tab.frame.locator(".badge:visible").all()]
    assert badges == ["diverged", "stable", "noted"]


def test_nothing_moves_for_who_asks_for_that(tab: StabilityTab) -> None:
    tab.page.emulate_media(reduced_motion="reduce")
    moving = tab.frame.evaluate(
        "() => [...document.querySelectorAll('*')].filter(element => {"
        " const style = getComputedStyle(element);"
        " return parseFloat(style.transitionDuration) > 0.01"
        "   || (style.animationName !== 'none' && parseFloat(style.animationDuration) > 0.01);"
        "}).length"
    )
    assert moving == 0

"""Thresholds set in the page: markers follow, the link keeps them, a reset undoes them."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY

pytestmark = pytest.mark.browser

DEFAULT_KINDS = {"exploding_gradient", "nonfinite_loss", "nonfinite_gradient"}


def open_section(tab: StabilityTab) -> None:
    tab.find("thresholds").locator("summary").click()


def field(tab: StabilityTab, name: str) -> Locator:
    return tab.find(f"threshold-{name}")


def wait_for_marker(tab: StabilityTab, kind: str, *, shown: bool) -> None:
    tab.wait(
        "(page, [kind, shown]) => page.markers().some(item => item.kind === kind) === shown",
        [kind, shown],
    )
    tab.settle()


def raise_gradient_factor(tab: StabilityTab) -> None:
    open_section(tab)
    field(tab, "gradient_factor").fill("1e9")
    wait_for_marker(tab, "exploding_gradient", shown=False)


def test_markers_verdict_and_findings_follow(tab: StabilityTab) -> None:
    assert tab.kinds() == DEFAULT_KINDS
    raise_gradient_factor(tab)
    assert tab.kinds() == DEFAULT_KINDS - {"exploding_gradient"}
    for place in (tab.frame.locator(".run-item.chosen"), tab.find("findings")):
        text = place.inner_text().lower()
        assert "non-finite loss" in text
        assert "exploding" not in text
    line = tab.find("judged-by").inner_text()
    assert line == "Judged with a changed threshold: gradient factor 1e9 instead of 3."


def test_the_series_are_not_fetched_again(tab: StabilityTab) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    raise_gradient_factor(tab)
    routes = {url.partition("/plugin/stability/")[2].partition("?")[0] for url in asked}
    assert routes == {"runs", "run"}
    assert tab.call("columns", FAULTY, GRADIENT_NORM)


def test_reset_of_one_brings_the_marker_back(tab: StabilityTab) -> None:
    raise_gradient_factor(tab)
    tab.frame.get_by_role("button", name="Reset gradient factor").click()
    wait_for_marker(tab, "exploding_gradient", shown=True)
    assert tab.kinds() == DEFAULT_KINDS
    assert field(tab, "gradient_factor").input_value() == "3"
    assert not tab.find("judged-by").is_visible()


def test_reset_of_all(tab: StabilityTab) -> None:
    raise_gradient_factor(tab)
    field(tab, "spikes").fill("7")
    tab.frame.get_by_text("2 changed").wait_for()
    tab.find("reset-thresholds").click()
    wait_for_marker(tab, "exploding_gradient", shown=True)
    assert field(tab, "gradient_factor").input_value() == "3"
    assert field(tab, "spikes").input_value() == "3"
    assert tab.state["thresholds"] == {}


def test_a_link_restores_them(tab: StabilityTab, open_tab: OpenTab) -> None:
    raise_gradient_factor(tab)
    tab.page.wait_for_function("() => location.hash.includes('p.stability.thresholds')")
    other = open_tab(at=tab.page.url)
    assert other.state["thresholds"] == {"gradient_factor": 1e9}
    assert other.kinds() == DEFAULT_KINDS - {"exploding_gradient"}
    open_section(other)
    assert float(field(other, "gradient_factor").input_value()) == 1e9


def test_an_impossible_value_is_refused_beside_its_input(tab: StabilityTab) -> None:
    raise_gradient_factor(tab)
    field(tab, "spikes").fill("0.5")
    sentence = "The threshold spikes is 0.5; expected an integer of at least 1."
    item = tab.frame.get_by_role("listitem").filter(has=field(tab, "spikes"))
    item.get_by_text(sentence).wait_for()
    tab.settle()
    assert tab.kinds() == DEFAULT_KINDS - {"exploding_gradient"}
    assert field(tab, "spikes").get_attribute("aria-invalid") == "true"
    field(tab, "spikes").fill("4")
    item.get_by_text(sentence).wait_for(state="hidden")
    assert {error.split()[0] for error in tab.errors} == {"400"}
    tab.errors.clear()


def test_a_link_with_an_unknown_threshold_opens_and_says_so(open_tab: OpenTab) -> None:
    tab = open_tab([FAULTY], thresholds="gradient_fctor:5")
    assert tab.kinds() == DEFAULT_KINDS
    section = tab.find("thresholds").inner_text()
    assert "There is no threshold 'gradient_fctor'" in section
    assert {error.split()[0] for error in tab.errors} == {"400"}
    tab.errors.clear()


def test_every_threshold_has_its_name_hint_and_default(tab: StabilityTab) -> None:
    open_section(tab)
    inputs = tab.find("thresholds").get_by_role("spinbutton")
    assert inputs.count() >= 15
    factor = tab.frame.get_by_label("Gradient factor", exact=True)
    assert factor.input_value() == "3"
    hint, _ = (factor.get_attribute("aria-describedby") or "").split()
    assert "gradient norm must leave its baseline" in (
        tab.frame.locator(f"#{hint}").text_content() or ""
    )

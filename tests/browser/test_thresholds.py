"""Thresholds set in the page: markers follow, the link keeps them, a reset undoes them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator

from tests import synthetic
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.tensorboards import tensorboard

pytestmark = pytest.mark.browser

DEFAULT_KINDS = {"exploding_gradient", "nonfinite_loss", "nonfinite_gradient"}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    logdir = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.exploding(), logdir / "faulty")
    with tensorboard(logdir) as address:
        yield address


@pytest.fixture
def tab(address: str, browser: Browser) -> Iterator[StabilityTab]:
    tab = StabilityTab(browser, address, ["faulty"])
    yield tab
    tab.page.close()


def kinds(tab: StabilityTab) -> set[str]:
    return {marker["kind"] for marker in tab.call("markers")}


def open_section(tab: StabilityTab) -> None:
    tab.frame.get_by_test_id("thresholds").locator("summary").click()


def field(tab: StabilityTab, name: str) -> Locator:
    return tab.frame.get_by_test_id(f"threshold-{name}")


def wait_for_marker(tab: StabilityTab, kind: str, *, shown: bool) -> None:
    tab.page.wait_for_function(
        "([kind, shown]) => document.querySelector('iframe').contentWindow.tbStability"
        ".markers().some(marker => marker.kind === kind) === shown",
        arg=[kind, shown],
    )
    tab.settle()


def raise_gradient_factor(tab: StabilityTab) -> None:
    open_section(tab)
    field(tab, "gradient_factor").fill("1e9")
    wait_for_marker(tab, "exploding_gradient", shown=False)


def test_markers_verdict_and_findings_follow(tab: StabilityTab) -> None:
    assert kinds(tab) == DEFAULT_KINDS
    raise_gradient_factor(tab)
    assert kinds(tab) == DEFAULT_KINDS - {"exploding_gradient"}
    for place in ("run-item", "findings"):
        text = tab.frame.get_by_test_id(place).inner_text().lower()
        assert "non-finite loss" in text
        assert "exploding" not in text
    line = tab.frame.get_by_test_id("judged-by").inner_text()
    assert line == "Judged with a changed threshold: gradient factor 1e9 instead of 3."
    assert tab.errors == []


def test_the_series_are_not_fetched_again(tab: StabilityTab) -> None:
    asked: list[str] = []
    tab.page.on("request", lambda request: asked.append(request.url))
    raise_gradient_factor(tab)
    routes = {url.partition("/plugin/stability/")[2].partition("?")[0] for url in asked}
    assert routes == {"runs", "run"}
    assert tab.call("columns", "faulty", GRADIENT_NORM)


def test_reset_of_one_brings_the_marker_back(tab: StabilityTab) -> None:
    raise_gradient_factor(tab)
    tab.frame.get_by_role("button", name="Reset gradient factor").click()
    wait_for_marker(tab, "exploding_gradient", shown=True)
    assert kinds(tab) == DEFAULT_KINDS
    assert field(tab, "gradient_factor").input_value() == "3"
    assert not tab.frame.get_by_test_id("judged-by").is_visible()


def test_reset_of_all(tab: StabilityTab) -> None:
    raise_gradient_factor(tab)
    field(tab, "spikes").fill("7")
    tab.frame.get_by_text("2 changed").wait_for()
    tab.frame.get_by_test_id("reset-thresholds").click()
    wait_for_marker(tab, "exploding_gradient", shown=True)
    assert field(tab, "gradient_factor").input_value() == "3"
    assert field(tab, "spikes").input_value() == "3"
    assert tab.call("state")["thresholds"] == {}


def test_a_link_restores_them(tab: StabilityTab, browser: Browser) -> None:
    raise_gradient_factor(tab)
    tab.page.wait_for_function("() => location.hash.includes('p.stability.thresholds')")
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(tab.page.url)
    page.wait_for_selector("iframe")
    tab.page.close()
    tab.page = page
    tab.settle()
    assert tab.call("state")["thresholds"] == {"gradient_factor": 1e9}
    assert kinds(tab) == DEFAULT_KINDS - {"exploding_gradient"}
    open_section(tab)
    assert float(field(tab, "gradient_factor").input_value()) == 1e9


def test_an_impossible_value_is_refused_beside_its_input(tab: StabilityTab) -> None:
    raise_gradient_factor(tab)
    field(tab, "spikes").fill("0.5")
    sentence = "The threshold spikes is 0.5; expected an integer of at least 1."
    item = tab.frame.get_by_role("listitem").filter(has=field(tab, "spikes"))
    item.get_by_text(sentence).wait_for()
    tab.settle()
    assert kinds(tab) == DEFAULT_KINDS - {"exploding_gradient"}
    assert field(tab, "spikes").get_attribute("aria-invalid") == "true"
    field(tab, "spikes").fill("4")
    item.get_by_text(sentence).wait_for(state="hidden")


def test_a_link_with_an_unknown_threshold_opens_and_says_so(address: str, browser: Browser) -> None:
    tab = StabilityTab(browser, address, ["faulty"], thresholds="gradient_fctor:5")
    assert kinds(tab) == DEFAULT_KINDS
    section = tab.frame.get_by_test_id("thresholds").inner_text()
    assert "There is no threshold 'gradient_fctor'" in section
    tab.page.close()


def test_every_threshold_has_its_name_hint_and_default(tab: StabilityTab) -> None:
    open_section(tab)
    inputs = tab.frame.get_by_test_id("thresholds").get_by_role("spinbutton")
    assert inputs.count() >= 15
    factor = tab.frame.get_by_label("Gradient factor", exact=True)
    assert factor.input_value() == "3"
    hint, _ = (factor.get_attribute("aria-describedby") or "").split()
    assert "gradient norm must leave its baseline" in (
        tab.frame.locator(f"#{hint}").text_content() or ""
    )

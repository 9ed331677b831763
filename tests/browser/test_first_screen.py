"""What the tab shows before anybody clicks: which runs are sick, since when, why."""

from __future__ import annotations

import numpy as np
import pytest

from tests.browser import runs
from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.runs import FAULTY, FIXED

pytestmark = pytest.mark.browser

CRITICAL = (0xB7, 0x1C, 0x1C)  # of marker lines in heatmaps, light and dark


def verdict(tab: StabilityTab, run: str) -> str:
    return tab.run_item(run).inner_text()


def test_it_opens_with_the_sickest_run(open_tab: OpenTab) -> None:
    tab = open_tab()
    assert tab.state["runs"] == [FAULTY]
    panels = [(panel["kind"], panel["tag"]) for panel in tab.state["shown"][0]["panels"]]
    assert panels == [("loss", "loss"), ("heatmap", GRADIENT_NORM)]


def test_only_the_sick_runs_can_be_listed(tab: StabilityTab) -> None:
    items, button = tab.find("run-item"), tab.find("mood-filter").locator("[data-mood=critical]")
    count = int(button.inner_text().split()[-1])
    button.click()
    tab.frame.wait_for_function(
        "count => document.querySelectorAll('[data-testid=run-item]').length === count", arg=count
    )
    assert items.evaluate_all("runs => runs.map(run => run.dataset.mood)") == ["critical"] * count
    assert tab.run_item(FAULTY).is_visible()
    assert not tab.run_item(FIXED).is_visible()
    button.click()
    tab.run_item(FIXED).wait_for()


def test_every_run_has_its_verdict(tab: StabilityTab) -> None:
    assert tab.find("run-item").count() == 17
    assert "diverged since epoch 6: exploding gradient" in verdict(tab, FAULTY)
    assert "stable, 9 epochs" in verdict(tab, FIXED)
    assert "noted at epoch 2: non-finite gradient" in verdict(tab, runs.NONFINITE)
    assert "nothing recorded yet" in verdict(tab, runs.BARE)


def test_the_head_tells_the_story_of_the_run(tab: StabilityTab) -> None:
    head = tab.find("verdict").inner_text()
    for expected in (
        "Diverged",
        "9 epochs, 180 steps",
        "learning rate 0.01",
        "exploding gradient in lstm from step 121 (epoch 6) · then non-finite loss epoch 7",
    ):
        assert expected.lower() in head.lower()


def test_all_plots_begin_and_end_at_the_same_pixel(open_tab: OpenTab) -> None:
    tab = open_tab([runs.NESTED])
    boxes = [tab.box(area) for area in tab.frame.locator(".stage").all()]
    assert len(boxes) >= 4
    assert len({(x, width) for x, _, width, _ in boxes}) == 1


def test_a_column_is_at_the_same_pixels_in_every_heatmap(open_tab: OpenTab) -> None:
    tab = open_tab([runs.NESTED])
    first = tab.call("columns", runs.NESTED, GRADIENT_NORM)
    for tag in ("stability/cell_state/encoder/lstm", "stability/class_logits/logits"):
        columns = tab.call("columns", runs.NESTED, tag)
        assert [column["left"] for column in columns] == [column["left"] for column in first]


def test_marker_lines_go_through_all_panels_at_one_pixel(tab: StabilityTab) -> None:
    found = [item for item in tab.call("markers") if item["kind"] == "exploding_gradient"]
    assert {item["panelKind"] for item in found} == {"loss", "heatmap"}
    (x,) = {item["x"] for item in found}
    assert x == pytest.approx(tab.call("columns", FAULTY, GRADIENT_NORM)[12]["left"], abs=1)
    for area in tab.frame.locator(".stage").all():
        _, y, _, height = tab.box(area)
        strip = tab.picture(x - 8, y + 2, 16, height - 4)
        red = (np.abs(strip - CRITICAL).max(axis=2) <= 3).mean(axis=0)
        assert np.flatnonzero(red > 0.9).tolist() == [7, 8], "a line of two pixels, top to bottom"


def test_findings_stand_in_order_the_cause_first(tab: StabilityTab) -> None:
    finding = tab.find("finding")
    assert finding.count() == 1
    text = finding.inner_text()
    for expected in (
        "Exploding gradient",
        "epoch 6, step 121, lstm",
        "gradient norm, max of window",
        "times as much",
        "global_clipnorm=",
        "learning_rate=",
    ):
        assert expected in text
    consequences = [item.inner_text() for item in tab.find("consequence").all()]
    assert [text.splitlines()[0] for text in consequences] == [
        "then: non-finite loss, epoch 7",
        "then: non-finite gradient in dense, epoch 7",
    ]


def test_a_consequence_unfolds(tab: StabilityTab) -> None:
    consequence = tab.find("consequence").first
    message = consequence.get_by_text("The loss became NaN at step 141")
    assert not message.is_visible()
    consequence.locator("summary").click()
    assert message.is_visible()
    consequence.get_by_role("button", name="Show its marker").click()
    tab.wait("page => page.state().onset?.kind === 'nonfinite_loss'")
    assert tab.frame.locator(".marker-line.chosen").count() == 2


def test_the_code_of_a_remedy_is_copied(tab: StabilityTab) -> None:
    tab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    code = tab.find("finding").locator("code").first.inner_text()
    assert "global_clipnorm=" in code
    tab.find("finding").get_by_role("button", name="Copy the code").first.click()
    tab.frame.get_by_text("Copied").wait_for()
    assert tab.frame.evaluate("navigator.clipboard.readText()") == code


def test_a_click_on_a_marker_chooses_its_finding(tab: StabilityTab) -> None:
    label = tab.find("marker").and_(tab.frame.locator('[data-kind="exploding_gradient"]'))
    label.hover()
    card = tab.find("onset-popover")
    card.wait_for(state="visible")
    assert "The gradient norm of lstm left its baseline" in card.inner_text()
    label.click()
    assert tab.state["onset"]["kind"] == "exploding_gradient"
    tab.frame.locator(".finding.chosen").wait_for()
    assert tab.frame.locator(".finding.chosen").count() == 1
    label.click()
    tab.wait("page => page.state().onset === null")


def test_markers_at_one_place_share_a_label_that_unfolds(tab: StabilityTab) -> None:
    stack = tab.find("marker-stack")
    assert stack.get_attribute("data-count") == "2"
    stack.click()
    listed = tab.find("marker-list").get_by_test_id("marker")
    assert [item.get_attribute("data-kind") for item in listed.all()] == [
        "nonfinite_loss",
        "nonfinite_gradient",
    ]
    listed.nth(1).click()
    tab.wait("page => page.state().onset?.kind === 'nonfinite_gradient'")


def test_the_list_of_markers_at_one_place_is_not_cut_off(tab: StabilityTab) -> None:
    tab.find("marker-stack").click()
    left, _, width, _ = tab.box(tab.find("marker-list"))
    edge, _, wide, _ = tab.box(tab.frame.locator("main"))
    assert left + width <= edge + wide


def test_a_click_on_a_marker_line_chooses_it_too(tab: StabilityTab) -> None:
    x = next(item["x"] for item in tab.call("markers") if item["kind"] == "nonfinite_loss")
    cell = tab.cell("dense", 3)
    tab.hover(x + 1, cell["y"] + 5)
    tab.page.mouse.down()
    tab.page.mouse.up()
    tab.wait("page => page.state().onset?.step === 141")


@pytest.mark.parametrize(("width", "columns"), [(1440, 3), (900, 2)])
def test_nothing_is_cut_off_at_any_width(open_tab: OpenTab, width: int, columns: int) -> None:
    tab = open_tab([FAULTY], width=width)
    assert tab.frame.evaluate("document.documentElement.scrollWidth") <= width
    main = tab.frame.locator("main")
    assert main.evaluate("main => main.scrollWidth <= main.clientWidth")
    parts = [tab.box(tab.frame.locator(name)) for name in ("nav", "main", "aside")]
    assert len({x for x, *_ in parts}) == columns

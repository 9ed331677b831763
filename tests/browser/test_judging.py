"""While runs are being judged: they are neither healthy nor sick, and their verdicts follow."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import OpenTab
from tests.browser.page import GRADIENT_NORM
from tests.browser.runs import FAULTY, FIXED

pytestmark = pytest.mark.browser

ANSWERS = re.compile(r"/plugin/stability/runs?\?")


class Judging:
    """Answers as a plugin does that has judged a single run so far, until it `goes_on`."""

    def __init__(self) -> None:
        self.goes_on = False

    def prepare(self, page: Page) -> None:
        page.route(ANSWERS, self._answer)

    def _answer(self, route: Route) -> None:
        response = route.fetch()
        answer = response.json()
        if not self.goes_on:
            for run in answer.get("runs", ()):
                if run["run"] != FIXED:
                    run |= dict.fromkeys(run.keys() - {"run", "notes", "learning_rates"})
                    run |= {"judgement": "pending", "notes": [], "learning_rates": []}
            if "series" in answer:
                answer |= {"judgement": "pending", "severity": None, "first_onset": None}
                answer |= {"onsets": []}
        route.fulfill(response=response, body=json.dumps(answer))


def mood(tab: Any, run: str) -> str | None:
    found: str | None = tab.run_item(run).get_attribute("data-mood")
    return found


def test_a_run_that_is_not_judged_yet_is_shown_and_its_verdict_follows(open_tab: OpenTab) -> None:
    judging = Judging()
    tab = open_tab([FAULTY], prepare=judging.prepare, settled=False)
    tab.wait(f"page => page.cell({FAULTY!r}, {GRADIENT_NORM!r}, 'lstm', 3) !== null")
    assert (mood(tab, FAULTY), mood(tab, FIXED)) == ("pending", "ok")
    assert "judging …" in tab.run_item(FAULTY).inner_text()
    assert tab.call("markers") == []
    head = tab.find("verdict").inner_text().lower()
    assert "judging" in head
    assert "nothing found" not in head
    assert "Judging …" in tab.find("findings").inner_text()
    panel = tab.panel("heatmap", GRADIENT_NORM)
    panel.evaluate("element => { element.same = true; }")
    judging.goes_on = True
    tab.settle()
    assert mood(tab, FAULTY) == "critical"
    assert "diverged since epoch 6: exploding gradient" in tab.run_item(FAULTY).inner_text()
    assert tab.kinds() == {"exploding_gradient", "nonfinite_loss", "nonfinite_gradient"}
    assert panel.evaluate("element => element.same"), "the panel is the same, not a new one"


def test_before_it_opens_with_a_run_it_says_how_many_are_judged(open_tab: OpenTab) -> None:
    judging = Judging()
    tab = open_tab(prepare=judging.prepare, settled=False)
    tab.frame.get_by_role("status").filter(has_text="Judging the runs: 1 of 17 …").wait_for()
    judging.goes_on = True
    tab.settle()
    assert tab.frame.get_by_text("Judging the runs").count() == 0
    assert mood(tab, FAULTY) == "critical"

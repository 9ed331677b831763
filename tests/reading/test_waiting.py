"""Who waits for reading and judging, and for how long: nobody for others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tb_stability import diagnosis
from tb_stability.onsets import Thresholds, find_onsets
from tests.reading.counting import RUNS, Counting, client_of, get


class Slow:
    """Judges runs once it may."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.failure: Exception | None = None

    def __call__(self, run: Any, thresholds: Thresholds) -> list[Any]:
        self.begun.set()
        assert self.go_on.wait(60)
        if self.failure:
            raise self.failure
        return find_onsets(run, thresholds)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slow]:
    judging = Slow()
    monkeypatch.setattr(diagnosis, "find_onsets", judging)
    yield judging
    judging.go_on.set()


def test_who_does_not_wait_is_told_that_nothing_was_concluded_yet(
    provider: Counting, slow: Slow
) -> None:
    client = client_of(provider)
    runs = get(client, "runs", wait="0")["runs"]
    assert [run["run"] for run in runs] == [*RUNS]
    known = {key for run in runs for key in run if run[key] not in (None, [])}
    assert known == {"run", "judgement"}
    assert {run["judgement"] for run in runs} == {"pending"}
    run = get(client, "run", run="a", wait="0")
    assert (run["judgement"], run["severity"], run["onsets"]) == ("pending", None, [])
    assert (run["steps"], run["status"], len(run["series"])) == (180, "finished", 3)
    slow.go_on.set()
    waited = get(client, "runs", wait="60000")
    assert waited == get(client, "runs")
    assert [(run["judgement"], run["severity"]) for run in waited["runs"]] == [
        ("current", "critical"),
        ("current", "critical"),
    ]
    assert get(client, "run", run="a", wait="0") == get(client, "run", run="a")
    assert provider.reads == {"a": 1, "b": 1}


def test_the_verdict_on_older_data_stands_until_there_is_a_newer(
    provider: Counting, slow: Slow
) -> None:
    client = client_of(provider)
    slow.go_on.set()
    before = get(client, "runs")["runs"]
    detail = get(client, "run", run="b")
    slow.go_on.clear()
    provider.grown = {"b"}
    assert get(client, "runs", wait="0")["runs"] == [
        before[0],
        {**before[1], "judgement": "outdated"},
    ]
    assert get(client, "run", run="b", wait="0") == {**detail, "judgement": "outdated"}
    slow.go_on.set()
    after = get(client, "runs")["runs"]
    assert after[1]["judgement"] == "current"
    assert after[1]["revision"] != before[1]["revision"]


def test_a_judgement_that_fails_is_told_to_who_asks_next(provider: Counting, slow: Slow) -> None:
    client = client_of(provider)
    slow.failure = ZeroDivisionError("of a rule")
    assert get(client, "run", run="a", wait="0")["judgement"] == "pending"
    slow.go_on.set()
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="of a rule"):
            get(client, "run", run="a", wait="60000")


def test_while_reading_takes_long_the_runs_are_listed_and_other_tabs_answer(
    provider: Counting,
) -> None:
    client = client_of(provider)
    provider.may_read.clear()
    try:
        for _ in range(3):
            runs = get(client, "runs", wait="0")["runs"]
            assert [(run["run"], run["judgement"]) for run in runs] == [
                ("a", "pending"),
                ("b", "pending"),
            ]
        assert provider.reading.wait(60)
        assert client.get("/data/plugin/scalars/tags").status_code == 200
        assert client.get("/data/plugins_listing").status_code == 200
    finally:
        provider.may_read.set()
    # Who asks for a run that is being read waits for that, and does not read it again.
    assert get(client, "run", run="a", wait="0")["steps"] == 180
    assert get(client, "runs", wait="60000") == get(client, "runs")
    assert provider.reads == {"a": 1, "b": 1}


def test_while_a_judgement_takes_long_other_requests_are_answered(
    provider: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def endless(run: Any, thresholds: Thresholds) -> list[Any]:
        begun.set()
        assert go_on.wait(60)
        return []

    monkeypatch.setattr(diagnosis, "find_onsets", endless)
    client = client_of(provider)
    waiting = threading.Thread(target=get, args=(client, "runs"))
    waiting.start()
    try:
        assert begun.wait(60)
        assert client.get("/data/plugin/scalars/tags").status_code == 200
        assert client.get("/data/plugins_listing").status_code == 200
        assert get(client, "thresholds")["thresholds"]
        for run in RUNS:
            assert get(client, "series", run=run, tag="stability/loss")["windows"] == 18
    finally:
        go_on.set()
        waiting.join()

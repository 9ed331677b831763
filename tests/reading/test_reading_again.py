"""What is read and judged, and how often: nothing twice."""

from __future__ import annotations

from typing import Any

import werkzeug.test

from tb_stability import diagnosis
from tests.reading.counting import RUNS, Counting, client_of, get


def ask_all(client: werkzeug.test.Client) -> Any:
    runs = get(client, "runs")["runs"]
    for run in RUNS:
        get(client, "run", run=run)
        get(client, "series", run=run, tag="stability/gradient_norm", columns="5")
    return runs


def test_a_run_is_read_and_judged_again_only_where_it_has_changed(
    provider: Counting, judged: list[str]
) -> None:
    client = client_of(provider)
    for _ in range(3):
        ask_all(client)
    assert (provider.reads, sorted(judged)) == ({"a": 1, "b": 1}, ["a", "b"])
    before = get(client, "series", run="b", tag="stability/loss")
    provider.grown = {"b"}
    for _ in range(2):
        ask_all(client)
    assert (provider.reads, sorted(judged)) == ({"a": 1, "b": 2}, ["a", "b", "b"])
    after = get(client, "series", run="b", tag="stability/loss")
    assert after["revision"] != before["revision"]


def test_who_knows_the_revision_gets_values_without_a_look_for_a_newer(
    provider: Counting,
) -> None:
    client = client_of(provider)
    asked = {"run": "a", "tag": "stability/loss"}
    before = get(client, "series", **asked, revision="of another time")
    listings = provider.listings
    assert get(client, "series", **asked, revision=before["revision"]) == before
    assert provider.listings == listings
    provider.grown = {"a"}
    assert get(client, "series", **asked, revision=before["revision"]) == before
    after = get(client, "series", **asked)
    assert after["revision"] != before["revision"]
    assert get(client, "series", **asked, revision=before["revision"]) == after


def test_values_are_read_without_a_judgement(provider: Counting, judged: list[str]) -> None:
    get(client_of(provider), "series", run="a", tag="stability/loss")
    assert (provider.reads, judged) == ({"a": 1}, [])


def test_verdicts_by_other_thresholds_are_kept_as_well_but_not_all_of_them(
    provider: Counting, judged: list[str]
) -> None:
    client = client_of(provider)
    factors = [str(5 + index) for index in range(diagnosis.MOST_THRESHOLDS + 1)]
    for factor in (factors[0], factors[0], *factors[1:], factors[0]):
        get(client, "run", run="a", thresholds=f'{{"gradient_factor": {factor}}}')
    assert len(judged) == len(factors) + 1


def test_what_is_kept_of_a_run_is_freed_when_it_is_gone(
    provider: Counting, judged: list[str]
) -> None:
    client = client_of(provider)
    get(client, "runs")
    provider.gone = {"a"}
    assert [run["run"] for run in get(client, "runs")["runs"]] == ["b"]
    provider.gone = set()
    get(client, "runs")
    assert (provider.reads, sorted(judged)) == ({"a": 2, "b": 1}, ["a", "a", "b"])

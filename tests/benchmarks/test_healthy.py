"""The healthy runs are healthy, and nothing serious is marked on them."""

from __future__ import annotations

import pathlib
from functools import partial

import pytest

from benchmarks.detection import train_and_judge
from benchmarks.healthy.registry import HEALTHY
from benchmarks.healthy.run import HealthyRun

SEED = 0


@pytest.mark.slow
@pytest.mark.parametrize("run", HEALTHY, ids=lambda run: run.name)
def test_a_healthy_run_is_marked_with_nothing_serious(
    run: HealthyRun, tmp_path: pathlib.Path
) -> None:
    result = train_and_judge(partial(run.train, SEED), tmp_path / run.name)
    assert run.shortfalls(result.history) == []
    assert [onset.message for onset in result.onsets if onset.severity != "info"] == []


def test_healthy_runs_are_told_apart_and_say_what_they_tempt_and_how_they_end() -> None:
    names = [run.name for run in HEALTHY]
    assert len(names) >= 25
    assert len(set(names)) == len(names)
    for run in HEALTHY:
        assert run.tempts.startswith("Tempts ")
        assert run.at_least or run.at_most

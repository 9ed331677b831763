"""The healthy runs are healthy, and nothing serious is marked on them."""

from __future__ import annotations

import pathlib

import pytest

from benchmarks.detection import training
from benchmarks.detection.judging import judge
from benchmarks.detection.runs import LabelledRun, labelled_runs
from benchmarks.healthy import losses, sizes, stages
from benchmarks.healthy.registry import HEALTHY

# To train these as well would take minutes: the benchmark does.
LEFT_OUT = {run.name for module in (losses, sizes, stages) for run in module.RUNS}
TRAINED = [
    run
    for run in labelled_runs(1, only=["healthy/"])
    if run.healthy is not None and run.healthy.name not in LEFT_OUT
]


@pytest.mark.slow
@pytest.mark.parametrize("run", TRAINED, ids=lambda run: run.name)
def test_a_healthy_run_is_marked_with_nothing_serious(
    run: LabelledRun, tmp_path: pathlib.Path
) -> None:
    training.train(run, tmp_path)
    logs = training.logs_of(run, tmp_path)
    assert run.healthy is not None
    assert run.healthy.shortfalls(logs) == []
    judged = judge(run, training.series_of(run, tmp_path), logs)
    assert judged is not None
    assert [onset.message for onset in judged.serious] == []


def test_healthy_runs_are_told_apart_and_say_what_they_tempt_and_how_they_end() -> None:
    names = [run.name for run in HEALTHY]
    assert len(names) >= 25
    assert len(set(names)) == len(names)
    for run in HEALTHY:
        assert run.tempts.startswith("Tempts ")
        assert run.at_least or run.at_most

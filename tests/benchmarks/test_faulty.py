"""The faulty runs say what must be marked on them, and one of them is trained."""

from __future__ import annotations

import dataclasses
import math
import pathlib

import pytest

from benchmarks.detection import training
from benchmarks.detection.judging import judge
from benchmarks.detection.runs import OneOf, labelled_runs
from benchmarks.faulty.registry import FAULTY
from benchmarks.faulty.run import ends, is_lost, stays
from tb_stability.csv_log import parse_csv_log
from tb_stability.onsets import KINDS


def test_faulty_runs_are_told_apart_and_say_what_is_wrong_with_them() -> None:
    names = [run.name for run in FAULTY]
    assert len(names) >= 25
    assert len(set(names)) == len(names)
    for run in FAULTY:
        assert run.fault.endswith(".")
        assert run.kinds
        assert {*run.kinds, *run.may_show} <= set(KINDS)
        assert 0 <= run.epochs[0] <= run.epochs[1]


@pytest.mark.parametrize(
    ("logs", "lost", "high", "flat"),
    [
        ({"loss": [2.0, math.nan]}, True, True, True),
        ({"loss": [2.0, 1.9]}, False, True, True),
        ({"loss": [2.0, 0.5]}, False, False, False),
    ],
)
def test_whether_a_fault_shows_is_asked_of_the_logs(
    logs: dict[str, list[float]], lost: bool, high: bool, flat: bool
) -> None:
    assert is_lost(logs) is lost
    assert ends("loss", at_least=1.0)(logs) is high
    assert stays("loss", within=0.1)(logs) is flat


def test_a_fault_may_be_told_in_one_of_several_ways_and_epochs() -> None:
    (run,) = labelled_runs(1, only=["faulty/labels_out_of_step"])
    losses = [0.9, 0.5, 0.4, 0.4, 3.1, 3.0, 3.2]
    lines = ["epoch,loss", *(f"{epoch},{loss}" for epoch, loss in enumerate(losses))]
    expected = OneOf("nonfinite_loss", 5, kinds=("nonfinite_loss", "loss_divergence"), last_epoch=6)
    judged = judge(run, parse_csv_log("run", lines), {"accuracy": [0.2]})
    assert judged is not None
    judged = dataclasses.replace(judged, expected=(expected,))
    assert judged.error(expected) == 1
    assert judged.error(dataclasses.replace(expected, epoch=3)) == 0
    assert judged.unexpected == []


@pytest.mark.slow
def test_a_faulty_run_is_marked_as_it_says(tmp_path: pathlib.Path) -> None:
    (run,) = labelled_runs(1, only=["faulty/empty_mask"])
    training.train(run, tmp_path)
    judged = judge(run, training.series_of(run, tmp_path), training.logs_of(run, tmp_path))
    assert judged is not None
    assert [judged.error(expectation) for expectation in judged.expected] == [0]
    assert judged.unexpected == []

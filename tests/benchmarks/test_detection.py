"""The benchmark compares as it says, and its replay tells what the callback told."""

from __future__ import annotations

import dataclasses
import math
import pathlib
from collections.abc import Sequence

import keras
import numpy as np
import pytest

from benchmarks.detection import training
from benchmarks.detection.__main__ import train_missing
from benchmarks.detection.judging import Judged, judge
from benchmarks.detection.live import onsets_told
from benchmarks.detection.report import Report
from benchmarks.detection.runs import LabelledRun, labelled_runs
from tb_stability.csv_log import parse_csv_log
from tb_stability.onsets import Onset, find_onsets
from tb_stability.series import RunSeries
from tb_stability_demo.case import Expectation

FALLS_AT_3 = [0.9, 0.5, 0.4, 3.0, 3.1, 3.0, 3.2]


def run_of(*expected: Expectation, seed: int = 0, may_show: tuple[str, ...] = ()) -> LabelledRun:
    def never(callbacks: object) -> keras.callbacks.History:
        raise AssertionError("it is trained")

    return LabelledRun("demo/case/faulty", seed, never, expected, may_show)


def log_of(losses: list[float]) -> RunSeries:
    lines = ["epoch,loss", *(f"{epoch},{loss}" for epoch, loss in enumerate(losses))]
    return parse_csv_log("run", lines)


def judged(losses: list[float], *expected: Expectation, seed: int = 0) -> Judged | None:
    return judge(run_of(*expected, seed=seed), log_of(losses), {"loss": losses})


def printed(capsys: pytest.CaptureFixture[str], *runs: Judged | None) -> str:
    Report(judged=[run for run in runs if run is not None]).print()
    return capsys.readouterr().out


def test_a_fault_that_is_found_fails_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, judged(FALLS_AT_3, Expectation("loss_divergence", 3)))
    assert "recall 100.0 %, right kind 100.0 %, and row 100.0 %, right epoch 100.0 %" in text
    assert "failures: none" in text


def test_a_date_that_is_off_is_told_with_both_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, judged(FALLS_AT_3, Expectation("loss_divergence", 2)))
    assert "demo/case/faulty seed 0: loss_divergence at epoch 3, expected at 2" in text
    assert "right epoch 0.0 %" in text


def test_another_row_is_the_right_kind_and_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, judged(FALLS_AT_3, Expectation("loss_divergence", 3, "dense")))
    assert "right kind 100.0 %, and row 0.0 %" in text
    assert "missed loss_divergence in dense at epoch 3" in text


def test_another_kind_is_recalled_and_not_expected(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, judged(FALLS_AT_3, Expectation("dead_relu", 3)))
    assert "recall 100.0 %, right kind 0.0 %" in text
    assert "unexpected critical loss_divergence at epoch 3" in text


def test_a_serious_onset_without_a_fault_is_a_false_alarm(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = printed(capsys, judged(FALLS_AT_3), judged([0.9, 0.5, 0.4, 0.4, 0.3]))
    assert "FALSE ALARM critical loss_divergence" in text
    assert "false alarms on 50.0 % of 2 runs without a fault" in text


def test_from_another_seed_the_date_moves_with_the_first_nan_that_keras_logged() -> None:
    losses = [0.9, 0.5, 0.4, 0.3, math.nan, math.nan]
    moved = judged(losses, Expectation("nonfinite_loss", 2), seed=1)
    assert moved is not None
    assert moved.expected == (Expectation("nonfinite_loss", 4),)
    assert judged([0.9, 0.5, 0.4], Expectation("nonfinite_loss", 2), seed=1) is None


@pytest.mark.parametrize(("last", "left_out"), [(0.31, True), (0.9, False)])
def test_from_another_seed_a_run_that_learns_as_well_as_the_mended_one_is_left_out(
    last: float, left_out: bool
) -> None:
    losses = [0.9, 0.6, last]
    run = run_of(Expectation("not_learning", 0), seed=1)
    result = judge(run, log_of(losses), {"loss": losses}, mended={"loss": [0.9, 0.5, 0.3]})
    assert (result is None) == left_out


def test_runs_are_chosen_by_the_beginning_of_their_names() -> None:
    runs = labelled_runs(2, only=["demo/born_dead/", "healthy/gan"])
    assert [str(run) for run in runs] == [
        "demo/born_dead/faulty seed 0",
        "demo/born_dead/fixed seed 0",
        "healthy/gan seed 0",
        "demo/born_dead/faulty seed 1",
        "demo/born_dead/fixed seed 1",
        "healthy/gan seed 1",
    ]


def explode(callbacks: Sequence[keras.callbacks.Callback]) -> keras.callbacks.History:
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(320, 4)).astype(np.float32)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="dense")])
    model.compile(keras.optimizers.SGD(1.5), "mse")
    return model.fit(x, x[:, :1], epochs=4, batch_size=32, verbose=0, callbacks=list(callbacks))


def test_what_is_told_while_training_is_found_again_from_the_event_file(
    tmp_path: pathlib.Path,
) -> None:
    told: list[Onset] = []
    run = LabelledRun(
        "demo/exploding/faulty",
        0,
        explode,
        options={"window_steps": 5, "on_onset": told.append},
    )
    assert not training.is_trained(run, tmp_path)
    training.train(run, tmp_path)
    assert training.is_trained(run, tmp_path)
    series = training.series_of(run, tmp_path)
    replayed = onsets_told(series)
    assert len(told) >= 2
    assert [without_floats(onset) for onset in replayed] == [
        without_floats(onset) for onset in told
    ]
    assert {onset.kind for onset in told} <= {onset.kind for onset in find_onsets(series)}
    assert len(training.logs_of(run, tmp_path)["loss"]) == 4


def without_floats(onset: Onset) -> Onset:
    # NaN differs from itself.
    evidence = dataclasses.replace(
        onset.evidence, value=0.0, threshold=None, baseline=None, spread=None
    )
    return dataclasses.replace(onset, evidence=evidence, remedies=())


def test_a_run_that_was_trained_is_not_trained_again(tmp_path: pathlib.Path) -> None:
    run = run_of()  # raises if it is trained
    assert train_missing([run], tmp_path) == [f"{run}: AssertionError: it is trained"]
    (tmp_path / run.name).mkdir(parents=True)
    (tmp_path / run.name / "seed_0.json").write_text('{"loss": [1.0]}')
    assert train_missing([run], tmp_path) == []

"""A loss that rises while the model stays on its course."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.onsets import Onset, find_onsets
from tb_stability.series import RunSeries, Series
from tests import synthetic
from tests.onsets.runs import rows, with_quantity

# Seen in benchmarks/healthy, ramped_divergence: the weight of a penalty rises from epoch 0 to 9.
RISE = [0.517, 0.282, 0.308, 0.353, 0.404, 0.443, 0.482, 0.513, 0.554, 0.585, 0.594, 0.608]
RAMPED = np.array([*RISE, 0.586, 0.591, 0.598, 0.599, 0.592, 0.603, 0.594, 0.602])
POINTS = len(RAMPED)
STEADY = np.ones(POINTS)
SINCE = np.arange(POINTS) >= 4  # where the loss is clear of its level
GROWN = np.where(SINCE, np.linspace(1.0, 1.6, POINTS), 1.0)


def ramped(
    *, loss: np.ndarray = RAMPED, gradient: np.ndarray = STEADY, weight: np.ndarray = STEADY
) -> RunSeries:
    """A run in which one layer's gradient norm and one layer's weight norm go as told."""
    gradients = np.stack([STEADY, gradient, STEADY], axis=1)
    run = synthetic.run(loss, gradients=gradients, per_epoch=1)
    return with_quantity(run, "weight_norm", rows(STEADY, weight))


def divergence(run: RunSeries) -> Onset:
    (onset,) = (onset for onset in find_onsets(run) if onset.kind == "loss_divergence")
    return onset


def test_it_is_an_info_that_says_what_else_may_raise_a_loss() -> None:
    onset = divergence(ramped(gradient=np.where(SINCE, 2.0, 1.0), weight=np.where(SINCE, 0.8, 1.0)))
    assert (onset.severity, onset.epoch, onset.remedies) == ("info", 4, ())
    assert "by degrees: it reached 0.608, while no layer's gradient or weights" in onset.message
    assert "a penalty is given more weight, or the data become harder" in onset.message


@pytest.mark.parametrize(("last", "severity"), [(0.88, "info"), (0.8, "critical")])
def test_an_accuracy_that_falls_is_no_design(last: float, severity: str) -> None:
    run = ramped()
    logged = synthetic.run(
        RAMPED, logs={"accuracy": np.linspace(0.9, last, POINTS)}, per_epoch=1
    ).series[-1]
    assert divergence(dataclasses.replace(run, series=(*run.series, logged))).severity == severity


def harder(validation: np.ndarray | None, accuracy: np.ndarray | None = None) -> RunSeries:
    """A run whose gradient grows with its loss, and what was validated, from the first epoch on."""
    run = ramped(gradient=np.where(SINCE, 20.0, 1.0))
    for name, values in (("val_loss", validation), ("val_accuracy", accuracy)):
        if values is None:
            continue
        logs = {name: np.pad(values, (0, POINTS - len(values)))}
        logged = synthetic.run(RAMPED, logs=logs, per_epoch=1).series[-1]
        until = slice(len(values))
        found = Series(
            logged.metadata,
            logged.step[until],
            logged.first_step[until],
            logged.epoch[until],
            logged.wall_time[until],
            logged.values[until],
        )
        run = dataclasses.replace(run, series=(*run.series, found))
    return run


FALLING = np.linspace(0.5, 0.3, POINTS)


def test_where_validation_keeps_what_it_gained_the_training_data_become_harder() -> None:
    onset = divergence(harder(FALLING))
    assert (onset.severity, onset.epoch, onset.remedies) == ("info", 4, ())
    assert onset.message == (
        "The loss left its level of 0.308 at step 41 (epoch 4) and has not come back: it reached "
        "0.608, while the validation loss keeps what it has gained. So it rises where the training "
        "data become harder."
    )


@pytest.mark.parametrize(
    "validation",
    [
        None,
        np.append(FALLING[:-1], 0.4),
        FALLING[:4],
        np.where(np.arange(POINTS) < 6, FALLING, np.nan),
    ],
    ids=["not logged", "worse", "only before", "lost since"],
)
def test_otherwise_it_stays_a_divergence(validation: np.ndarray | None) -> None:
    assert divergence(harder(validation)).severity == "critical"


@pytest.mark.parametrize(("last", "severity"), [(0.33, "info"), (0.35, "critical")])
def test_validation_may_give_a_little_back(last: float, severity: str) -> None:
    """Seen with ever more noise: of a loss of 0.29, 0.009 was left, and 0.023 in the end."""
    assert divergence(harder(np.append(FALLING[:-1], last))).severity == severity


def test_a_validation_that_was_never_any_good_does_not_speak_for_a_model() -> None:
    """Seen with batch normalisation at too high a rate: the lost model validated best of all."""
    onset = divergence(harder(np.where(SINCE, 0.6, 40.0)))
    assert (onset.severity, onset.epoch) == ("critical", 4)


@pytest.mark.parametrize(("last", "severity"), [(0.88, "info"), (0.8, "critical")])
def test_a_validation_whose_accuracy_falls_does_not_either(last: float, severity: str) -> None:
    run = harder(FALLING, np.linspace(0.9, last, POINTS))
    assert divergence(run).severity == severity


def test_so_it_is_at_every_moment_while_it_trains() -> None:
    for points in range(4, POINTS):
        found = find_onsets(first(ramped(), points))
        assert {onset.severity for onset in found} <= {"info"}, points


def first(run: RunSeries, points: int) -> RunSeries:
    """Returns the first windows of a run."""
    kept = tuple(
        dataclasses.replace(
            series,
            step=series.step[:points],
            first_step=series.first_step[:points],
            epoch=series.epoch[:points],
            wall_time=series.wall_time[:points],
            values=series.values[:points],
        )
        for series in run.series
    )
    return dataclasses.replace(run, windows=synthetic.windows(points, per_epoch=1), series=kept)


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(ramped(gradient=np.where(SINCE, 3.5, 1.0)), id="a gradient grew"),
        pytest.param(ramped(gradient=np.where(SINCE, 0.4, 1.0)), id="a gradient dies"),
        pytest.param(ramped(weight=GROWN), id="weights were carried away"),
        pytest.param(ramped(loss=np.where(SINCE, 0.6, 0.3)), id="the loss jumped"),
        pytest.param(
            synthetic.run(RAMPED, gradients=np.ones((POINTS, 3)), per_epoch=1),
            id="weights were not measured",
        ),
        pytest.param(
            with_quantity(synthetic.run(RAMPED, per_epoch=1), "weight_norm", rows(STEADY, STEADY)),
            id="gradients were not measured",
        ),
    ],
)
def test_it_is_critical_where(run: RunSeries) -> None:
    onset = divergence(run)
    assert onset.severity == "critical"
    assert "and has not come back" in onset.message

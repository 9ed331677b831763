"""A loss that rises within the noise of its windows, as sixteen tanh layers with Adam at 0.001."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.onsets.curve import step_curve
from tb_stability.onsets.worse_epochs import worse_epochs
from tb_stability.series import RunSeries, Series
from tests import synthetic

PER_EPOCH = 6
# Of the demo case adam_rate, from another seed than the one that is shipped.
LOSS = (0.88, 0.59, 0.57, 0.59, 0.66, 0.96)
VALIDATION = (0.51, 0.71, 0.66, 0.98, 0.87, 0.96)
# Within an epoch, with a standard deviation of 1.
NOISE = np.array([1.3, -0.9, 0.4, -1.2, 0.8, -0.4])


def run(
    loss: tuple[float, ...] = LOSS,
    validation: tuple[float, ...] | None = VALIDATION,
    *,
    noise: float = 0.15,
    rates: tuple[float, ...] = (0.001,) * 6,
) -> RunSeries:
    windows = (np.array(loss)[:, None] + noise * NOISE).ravel()
    windows[0] = 1.7
    logs = {"loss": np.array(loss)}
    if validation is not None:
        logs["val_loss"] = np.array(validation)
    return synthetic.run(windows, logs=logs, rates=np.repeat(rates, PER_EPOCH), per_epoch=PER_EPOCH)


def told(of: RunSeries) -> list[Onset]:
    return [item for item in find_onsets(of) if item.kind == "loss_divergence"]


def test_it_sets_in_where_the_loss_leaves_its_best_for_good() -> None:
    (onset,) = told(run())
    assert (onset.epoch, onset.step, onset.severity) == (4, 241, "critical")
    assert onset.message == (
        "The loss left its level of 0.570 at step 241 (epoch 4) and has not come back: it reached "
        "0.960."
    )
    assert onset.evidence.baseline == pytest.approx(0.57)
    assert onset.evidence.threshold == pytest.approx(1.1 * 0.57)
    assert onset.evidence.spread == pytest.approx(0.15 * np.sqrt(2 / 6), rel=0.05)


@pytest.mark.parametrize(
    "healthy",
    [
        run(noise=0.3),
        run((*LOSS[:-1], 0.68)),
        run((*LOSS[:-1], 0.56)),
        run(validation=None),
        run(validation=(*VALIDATION[:-1], 0.55)),
        run(validation=(0.9, 0.7, 0.6, 0.5, 0.4, 0.4)),
        run(rates=(0.001,) * 5 + (0.002,)),
    ],
    ids=[
        "within four standard errors",
        "little is given back",
        "comes back",
        "no validation",
        "validation gives little back",
        "validation falls",
        "the rate was raised",
    ],
)
def test_silent_where(healthy: RunSeries) -> None:
    assert told(healthy) == []


def test_an_epoch_that_is_not_validated_yet_does_not_count() -> None:
    of = run()
    *others, validated = of.series
    assert validated.tag == "stability/epoch_logs/val_loss"
    earlier = Series(
        validated.metadata,
        validated.step[:-1],
        validated.first_step[:-1],
        validated.epoch[:-1],
        validated.wall_time[:-1],
        validated.values[:-1],
    )
    assert told(dataclasses.replace(of, series=(*others, earlier))) == []


def test_epochs_of_few_windows_tell_no_error() -> None:
    few = synthetic.run(
        np.repeat(LOSS, 3), logs={"loss": LOSS, "val_loss": VALIDATION}, per_epoch=3
    )
    curve = step_curve(few)
    assert curve is not None
    assert worse_epochs(few, curve, Thresholds()) is None


@pytest.mark.parametrize("level", [0.0, 1.0, -1.0])
def test_a_loss_that_does_not_move_is_no_worse(level: float) -> None:
    flat = (level,) * 6
    of = synthetic.run(
        np.repeat(flat, PER_EPOCH), logs={"loss": flat, "val_loss": flat}, per_epoch=PER_EPOCH
    )
    assert told(of) == []

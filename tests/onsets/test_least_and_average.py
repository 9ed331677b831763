"""What is known of a loss beside its course: the least it can be, and what averaging gives."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import LOSS, Quantity
from tb_stability.onsets import find_onsets
from tb_stability.onsets.averaging import loss_of_averaging
from tb_stability.record import OutputRecord
from tb_stability.series import RunSeries
from tests import synthetic
from tests.onsets.runs import classifier, told, with_targets


def noisy(loss: np.ndarray, noise: float) -> RunSeries:
    """A run whose batches differ by a fraction of the loss, two windows an epoch."""
    run = synthetic.run(loss)
    values = synthetic.per_step(loss, noise=noise)
    return dataclasses.replace(
        run, series=(synthetic.series(LOSS, values, run.windows, ("loss",)), *run.series[1:])
    )


def with_soft_labels(run: RunSeries, entropy: float) -> RunSeries:
    quantity = Quantity("label_entropy", "label_entropy", "", "output")
    values = synthetic.per_step(np.full(len(run.windows), entropy))
    series = synthetic.series(quantity, values, run.windows, ("output",))
    return dataclasses.replace(run, series=(*run.series, series))


def test_what_batches_differ_by_is_no_improvement() -> None:
    (onset,) = told(noisy(np.full(16, 4.3), 0.5), "not_learning")
    assert onset.message == (
        "The loss never improves: it starts at 4.30, and its best in 8 epochs is 4.30."
    )
    # The first window of a run that learns within it has a step that no later window has.
    quick = noisy(np.full(16, 1.0), 0.2)
    quick.series[0].values[0, 0, quick.series[0].statistics.index("max")] = 2.0
    assert told(quick, "not_learning") == []


def test_a_loss_far_above_that_of_the_mean_has_learnt_nothing() -> None:
    curve = 3660 + 60 * np.exp(-np.arange(40) / 8)
    assert told(noisy(curve, 0.15), "not_learning") == []  # for all that is known, it has
    (onset,) = told(with_targets(noisy(curve, 0.15), 60.0, 18.0), "not_learning")
    assert onset.message.endswith(" That of always predicting the mean of the targets is 324.")


def test_a_loss_below_that_of_the_mean_has_learnt_something() -> None:
    run = noisy(np.full(16, 0.8), 0.3)
    assert len(told(run, "not_learning")) == 1
    assert told(with_targets(run, 0.0, 1.0), "not_learning") == []


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("mse", 4.0), ("MeanSquaredError", 4.0), ("mean_squared_error", 4.0), ("mae", 2.0),
        ("huber", None), ("mse, mse", None),
    ],
)  # fmt: skip
def test_the_loss_of_averaging(loss: str, expected: float | None) -> None:
    run = with_targets(synthetic.healthy(), 3.0, 2.0, loss)
    assert loss_of_averaging(run) == (expected and pytest.approx(expected))


def test_batches_far_from_each_other_make_up_the_variance() -> None:
    run = with_targets(synthetic.healthy(), 0.0, 1.0)
    targets = run.series[-1].values
    targets[::2, 0, 0], targets[1::2, 0, 0] = -3.0, 3.0
    targets[0, 0, :2] = np.nan
    share = np.where(np.arange(1, 18) % 2 == 0, -3.0, 3.0)
    assert loss_of_averaging(run) == pytest.approx(1 + np.var(share))
    assert loss_of_averaging(with_targets(synthetic.healthy(), 1.0, 0.0)) is None


def test_the_entropy_of_soft_labels_is_not_to_be_learnt() -> None:
    run = noisy(np.linspace(0.693, 0.65, 16), 0.01)
    assert len(told(run, "not_learning")) == 1
    assert told(with_soft_labels(run, 0.6), "not_learning") == []
    assert len(told(with_soft_labels(run, 0.1), "not_learning")) == 1


def test_soft_labels_have_no_classes_to_guess() -> None:
    # The shares of pixels are those of two classes, and their entropy is what a grey image costs.
    run = classifier(np.linspace(0.72, 0.68, 8), np.zeros(8), classes=1)
    series = [item for item in run.series if item.tag != "stability/epoch_logs/accuracy"]
    run = dataclasses.replace(run, series=tuple(series))
    assert len(told(run, "not_learning")) == 1
    assert told(with_soft_labels(run, 0.5), "not_learning") == []


def test_an_accuracy_of_soft_labels_contradicts_no_loss() -> None:
    run = classifier(np.full(8, 0.05), np.full(8, 0.1))
    assert len(told(run, "loss_metric_contradiction")) == 1
    assert told(with_soft_labels(run, 0.04), "loss_metric_contradiction") == []


def test_an_accuracy_that_never_was_learnt_cannot_be_lost() -> None:
    # Four samples: one that is told right no more is a quarter.
    accuracy = np.append(np.full(12, 0.5), np.full(12, 0.25))
    run = synthetic.run(np.full(48, 0.7), logs={"loss": np.full(24, 0.7), "accuracy": accuracy})
    assert [onset.kind for onset in find_onsets(run)] == ["not_learning"]


def test_a_guess_of_many_classes_is_told_where_nothing_changes() -> None:
    accuracy = np.append(0.21, np.full(11, 0.2513))
    loss = np.append(2.4, 1.84 + 0.001 * np.sin(np.arange(11)))
    guessing = synthetic.run(np.repeat(loss, 2), logs={"loss": loss, "accuracy": accuracy})
    guessing = dataclasses.replace(guessing, record=None)
    assert len(told(guessing, "chance_accuracy")) == 1
    falling = np.linspace(2.4, 1.5, 12)
    run = synthetic.run(np.repeat(falling, 2), logs={"loss": falling, "accuracy": accuracy})
    assert told(dataclasses.replace(run, record=None), "chance_accuracy") == []


def test_targets_that_an_output_cannot_reach_are_named_first() -> None:
    run = with_targets(noisy(np.full(16, 3657.0), 0.1), 60.0, 18.0)
    assert run.record is not None
    (onset,) = told(run, "not_learning")
    assert onset.remedies[0].text.startswith("Scale the targets, which are of size 60.0:")
    squashed = OutputRecord("output", "sigmoid", "mse")
    record = dataclasses.replace(run.record, outputs=(squashed,))
    (onset,) = told(dataclasses.replace(run, record=record), "not_learning")
    assert onset.remedies[0].text == (
        "The targets are 60.0 on average, which a sigmoid never is: end in a linear layer, or "
        "scale the targets."
    )
    (onset,) = told(with_targets(noisy(np.full(16, 4.0), 0.1), 0.0, 1.0), "not_learning")
    assert "targets" not in onset.remedies[0].text


def test_a_loss_that_settles_above_that_of_the_mean_has_learnt_nothing_of_use() -> None:
    # Seen of a regression of targets below zero that ends in a ReLU: it learns to say zero.
    loss = np.append(np.linspace(10.0, 5.0, 8), np.full(16, 4.9))
    (onset,) = told(with_targets(noisy(loss, 0.05), -2.0, 1.5), "not_learning")
    assert onset.message == (
        "The loss is never good: it starts at 10.5, and its best in 12 epochs is 4.90. That of "
        "always predicting the mean of the targets is 2.25."
    )
    assert told(with_targets(noisy(loss, 0.05), 0.0, 2.2), "not_learning") == []
    falling = np.linspace(10.0, 4.9, 24)
    assert told(with_targets(noisy(falling, 0.05), -2.0, 1.5), "not_learning") == []

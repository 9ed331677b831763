"""A loss and an accuracy that cannot both be true."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.onsets.curve import LossCurve, epoch_curve
from tb_stability.onsets.guessing import accuracy_curve, guessing_in
from tb_stability.onsets.least_loss import least_loss
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.record import is_cross_entropy
from tb_stability.series import FloatArray, RunSeries

# What one wrong guess costs a cross-entropy at least: the true class has at most half of the
# probability, and so a loss of at least log 2.
_COST_OF_AN_ERROR = math.log(2)

# An accuracy that rose by more than this part of what was left to one has been learnt.
_LEARNT = 0.1

# An accuracy below that is none: what people log along with a regression is exact equality.
_LEAST_ACCURACY = 0.05

# Epochs before a collapse that show how low the loss was.
_BEFORE = 3


def loss_metric_contradiction(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where the loss says that all is well and the accuracy says that nothing is.

    What it tells: the loss does not measure what is to be learnt. A softmax over one unit is always
    one, and its cross-entropy zero, whatever the labels; a mask, weights of zero, or labels of the
    wrong shape do the like.

    Rule: a wrong guess costs a cross-entropy at least log 2, so that the error rate is at most
    ``loss / log 2``. In the last epoch it is `contradiction` times that or more, which leaves room
    for weights and masks; it set in where the bound was passed and never kept again. The accuracy,
    in at least `learning_epochs` epochs, is not above that of the first epoch by a tenth of what is
    left to one. Or, whatever the loss measures: the accuracy loses `accuracy_fall` of its best for
    good (`tb_stability.detectors.excursion`), while the loss, which had come down by
    `learning_improvement_epochs`, does not rise.

    Delay: `learning_epochs`, and `loss_patience_epochs` for a collapse. Severity: warning. Silent
    where no accuracy is logged. The bound is not asked of a loss that is known to be no
    cross-entropy, of soft labels, whose exact values no answer has, of an output with a label for
    each of several units, nor, where the loss is unknown, with an accuracy below 0.05, as of a
    regression.
    """
    loss, accuracy = epoch_curve(run, "loss"), accuracy_curve(run)
    if loss is None or accuracy is None or run.epochs < thresholds.learning_epochs:
        return
    loss_at = dict(zip(loss.series.epoch.tolist(), loss.mean.tolist(), strict=True))
    epochs = accuracy.series.epoch.tolist()
    along = np.array([loss_at.get(epoch, np.nan) for epoch in epochs], np.float64)
    if np.isfinite(along).all() and np.isfinite(accuracy.mean).all():
        yield from _impossible(run, accuracy, along, thresholds)
        yield from _collapse(run, accuracy, along, thresholds)


def _impossible(
    run: RunSeries,
    accuracy: LossCurve,
    loss: FloatArray,
    thresholds: Thresholds,
) -> Iterator[Onset]:
    name = run.record.loss if run.record else ""
    if (name and not is_cross_entropy(name)) or least_loss(run) or _has_many_labels(run):
        return
    error = 1 - accuracy.mean.astype(np.float64)
    allowed = np.maximum(loss, 0.0) / _COST_OF_AN_ERROR
    broken = (error > 0) & (error > allowed) & (loss >= 0)
    certain = broken[-1] and error[-1] >= thresholds.contradiction * allowed[-1]
    learnt = np.min(error) < (1 - _LEARNT) * error[0]
    if not certain or learnt or (not name and np.median(1 - error) < _LEAST_ACCURACY):
        return
    first = int(np.flatnonzero(~broken)[-1]) + 1 if not broken.all() else 0
    yield Onset(
        kind="loss_metric_contradiction",
        severity="warning",
        epoch=accuracy.epoch(first),
        step=accuracy.step(first),
        row=None,
        message=(
            f"The loss is down to {number(float(loss[-1]))} while the accuracy stays at "
            f"{number(float(1 - error[-1]))}, since {accuracy.place(first)}: no cross-entropy is "
            f"that low with so many errors."
        ),
        evidence=Evidence(
            tag=accuracy.tag,
            statistic="value",
            rule="error rate, against the most that the loss allows, loss / log 2",
            value=float(error[-1]),
            threshold=float(thresholds.contradiction * allowed[-1]),
            baseline=float(error[0]),
        ),
    )


def _has_many_labels(run: RunSeries) -> bool:
    """Returns whether an output has a label for each of several units, as of pixels or tags.

    The loss is a mean over units, and what Keras calls the accuracy asks for the largest alone.
    """
    binary = run.record is not None and "binary" in run.record.loss.lower()
    units = [len(series.rows) for series in run.of_quantity("class_logits", PER_STEP)]
    has_logits = any(run.of_quantity("logits", PER_STEP))
    return binary and has_logits and units != [1]


def _collapse(
    run: RunSeries, accuracy: LossCurve, loss: FloatArray, thresholds: Thresholds
) -> Iterator[Onset]:
    guessing = guessing_in(run)
    for episode in thresholds.accuracy_excursion().detect(-accuracy.mean):
        if guessing is not None and -episode.baseline <= guessing.better:
            continue  # there is nothing that it could have lost
        before = float(np.median(loss[max(episode.start - _BEFORE, 0) : max(episode.start, 1)]))
        rises = np.median(loss[episode.start :]) > before + thresholds.loss_relative * abs(before)
        # Where the loss never fell, nothing had been learnt.
        fell = before < (1 - thresholds.learning_improvement_epochs) * loss[0]
        if episode.end is not None or rises or not (fell or loss[0] <= 0):
            continue
        yield Onset(
            kind="loss_metric_contradiction",
            severity="warning",
            epoch=accuracy.epoch(episode.start),
            step=accuracy.step(episode.start),
            row=None,
            message=(
                f"The accuracy fell from {number(-episode.baseline)} to "
                f"{number(-episode.value)} at {accuracy.place(episode.start)} and has not come "
                f"back, while the loss is as low as before: {number(float(loss[-1]))}."
            ),
            evidence=Evidence(
                tag=accuracy.tag,
                statistic="value",
                rule="falls clear of the best so far and stays there, while the loss does not rise",
                value=-episode.value,
                threshold=-episode.threshold,
                baseline=-episode.baseline,
                spread=episode.spread,
            ),
        )

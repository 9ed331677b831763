"""A classifier that guesses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.onsets.curve import epoch_curve
from tb_stability.onsets.data import class_shares
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import FloatArray, RunSeries

# What Keras calls the accuracy of a classifier, by the string given to `compile` or by its class.
_ACCURACIES = (
    "accuracy",
    "acc",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
)

# Below this fraction of the loss of guessing, a classifier has learnt something.
_GUESSING = 0.97


def chance_accuracy(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the start of a run whose classifier never does better than guessing.

    What it tells: the outputs do not depend on the inputs, whatever the loss does.

    Rule: in a run of at least `learning_epochs` epochs that minimises a cross-entropy, the accuracy
    never exceeds twice that of guessing, nor that by a tenth of what is left to one, and the loss
    of no epoch is below 0.97 of that of guessing: a classifier of a thousand classes that learns
    slowly lowers its loss long before its accuracy rises. Who guesses names the commonest class:
    the accuracy is its share, the loss the entropy of the shares. They are those of the labels that
    were measured; else the classes, as many as logits were measured, are taken to be balanced.
    Silent without either. Severity: warning.
    """
    shares = _shares(run)
    loss = epoch_curve(run, "loss")
    accuracy = next(filter(None, (epoch_curve(run, name) for name in _ACCURACIES)), None)
    if shares is None or loss is None or accuracy is None:
        return
    guessing = loss_of_guessing(run)
    if run.epochs < thresholds.learning_epochs or guessing is None:
        return
    if not (np.isfinite(loss.mean).all() and np.isfinite(accuracy.mean).all()):
        return
    chance = float(np.max(shares))
    best = float(np.max(accuracy.mean))
    threshold = min(2 * chance, chance + 0.1 * (1 - chance))
    if best > threshold or np.min(loss.mean) < _GUESSING * guessing:
        return
    yield Onset(
        kind="chance_accuracy",
        severity="warning",
        epoch=accuracy.epoch(0),
        step=int(run.windows.first_step[0]),
        row=None,
        message=(
            f"The accuracy stays at chance: {number(best)} at best in {run.epochs} epochs, where "
            f"guessing among {len(shares)} classes gives {number(chance)}."
        ),
        evidence=Evidence(
            tag=accuracy.tag,
            statistic="value",
            rule="the accuracy never exceeds chance, nor does the loss fall below that of guessing",
            value=best,
            threshold=threshold,
            baseline=chance,
        ),
    )


def loss_of_guessing(run: RunSeries) -> float | None:
    """Returns the cross-entropy of a classifier that knows only how common the classes are.

    None where the loss is no cross-entropy or the classes are not known.
    """
    shares = _shares(run)
    if shares is None or not _is_cross_entropy(run):
        return None
    common = shares[shares > 0]
    return float(-np.sum(common * np.log(common)))


def _shares(run: RunSeries) -> FloatArray | None:
    """Returns the share of each class, None where the classes are not known."""
    labels = list(run.of_quantity("labels", ("value", "count")))
    if len(labels) == 1:
        shares = class_shares(labels[0])
        if np.isclose(shares.sum(), 1.0, atol=1e-3):
            return shares
    outputs = list(run.of_quantity("class_logits", PER_STEP))
    if len(outputs) != 1:
        return None
    # A single logit before a sigmoid decides between two classes.
    classes = max(len(outputs[0].rows), 2)
    return np.full(classes, 1.0 / classes)


def _is_cross_entropy(run: RunSeries) -> bool:
    name = run.record.loss if run.record else ""
    return "crossentropy" in name.lower().replace("_", "")

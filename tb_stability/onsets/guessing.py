"""What a classifier reaches that knows nothing but how common the classes are."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.onsets.class_shares import class_shares
from tb_stability.onsets.curve import LossCurve, epoch_curve
from tb_stability.record import is_cross_entropy
from tb_stability.series import FloatArray, RunSeries

# What Keras calls the accuracy of a classifier, by the string given to `compile` or by its class.
_ACCURACIES = (
    "accuracy",
    "acc",
    "sparse_categorical_accuracy",
    "categorical_accuracy",
    "binary_accuracy",
)

# How near the logs must be to those of guessing for the number of classes to be read from them:
# both the loss, log(N), and the accuracy, 1/N. A classifier that has learnt anything is right more
# often than its loss would then allow.
_NEAR_LOSS = 0.03
_NEAR_ACCURACY = 0.1

# And how near a loss must have come to the entropy of always naming one class.
_NEAR_ENTROPY = 0.1

# What a loss changes by, at most, of answers that are always the same.
_FLAT = 0.02

# Epochs in which an accuracy must not change by a single sample.
_LEAST_EPOCHS = 5


@dataclasses.dataclass(frozen=True)
class Guessing:
    """A classifier that always guesses, knowing how common each class is.

    Attributes:
      classes: Number of classes, None where it is not known.
      accuracy: That of naming the commonest class every time.
      loss: Cross-entropy in nats of predicting the shares every time: their entropy. NaN where
        another loss is minimised.
    """

    classes: int | None
    accuracy: float
    loss: float

    def __str__(self) -> str:
        if self.classes is None:
            return "always naming one class"
        return f"guessing among {self.classes} classes"

    @property
    def naming(self) -> str:
        """What the accuracy is of, in words."""
        if self.classes is None:
            return str(self)
        return f"always naming the commonest of {self.classes} classes"

    @property
    def better(self) -> float:
        """The accuracy from which on there is no doubt that more is known than the shares.

        Twice that of guessing, or a tenth of what is left to one, whichever is less.
        """
        return min(2 * self.accuracy, self.accuracy + 0.1 * (1 - self.accuracy))


def accuracy_curve(run: RunSeries, prefix: str = "") -> LossCurve | None:
    """Returns the accuracy of each epoch, with prefix ``"val_"`` that of validation, or None.

    It is a share of one, also where it was logged in percent: then it is above one somewhere.
    """
    curves = (epoch_curve(run, prefix + name) for name in _ACCURACIES)
    curve = next((curve for curve in curves if curve is not None), None)
    if curve is None or not np.any(curve.mean > 1):
        return curve
    return dataclasses.replace(curve, mean=curve.mean / 100)


def guessing_in(run: RunSeries) -> Guessing | None:
    """Returns what guessing would reach in a run that minimises a cross-entropy, None if unknown.

    The shares are those of the labels that were measured; else the classes, as many as logits were
    measured, are taken to be balanced. A run whose loss is not known shows it only where it
    guesses: by a loss of log(N) with an accuracy of 1/N, in the median over its epochs.
    """
    if run.record is None or not run.record.loss:
        return _from_logs(run)
    shares = _shares(run)
    if shares is None or not _is_cross_entropy(run):
        return None
    common = shares[shares > 0]
    if len(common) < 2:
        return None  # where there is one class only, to guess it is all that can be learnt
    return Guessing(len(shares), float(np.max(shares)), float(-np.sum(common * np.log(common))))


def by_another_loss(run: RunSeries) -> Guessing | None:
    """Returns what guessing would reach in a run whose loss is known and no cross-entropy.

    The classes are those of a softmax output, taken to be balanced; what guessing costs is not
    known, so the loss is NaN.
    """
    softmax = run.record is not None and any(
        output.activation == "softmax" for output in run.record.outputs
    )
    if run.record is None or not softmax or _is_cross_entropy(run):
        return None
    outputs = list(run.of_quantity("class_logits", PER_STEP))
    classes = len(outputs[0].rows) if len(outputs) == 1 else 0
    return Guessing(classes, 1 / classes, math.nan) if classes >= 2 else None


def always_the_same(run: RunSeries) -> Guessing | None:
    """Returns a guess that a run always makes, None where its answers change.

    It is seen by an accuracy that is the same to the last digit from the second epoch on, and by a
    loss that comes down to the entropy of being right that often, and no lower; or, of more than
    two classes, whose shares have a higher entropy, that does not change either. Shares that were
    sampled are known less well than that.
    """
    loss, accuracy = epoch_curve(run, "loss"), accuracy_curve(run)
    known = run.record is not None and bool(run.record.loss)
    if loss is None or accuracy is None or (known and not _is_cross_entropy(run)):
        return None
    right = float(accuracy.mean[-1])
    if len(accuracy.mean) < _LEAST_EPOCHS or not 0 < right < 1:
        return None
    entropy = -right * math.log(right) - (1 - right) * math.log(1 - right)
    constant = np.all(accuracy.mean[1:] == accuracy.mean[-1])
    later = loss.mean[1:]
    flat = len(later) and np.ptp(later) <= _FLAT * abs(float(np.median(later)))
    near = loss.mean[-1] <= (1 + _NEAR_ENTROPY) * entropy
    if not (constant and entropy <= loss.mean[-1] and (near or flat)):
        return None
    return Guessing(None, right, entropy)


def _is_cross_entropy(run: RunSeries) -> bool:
    # Of several losses the sum is none, and is no measure of what is known about the classes.
    name = run.record.loss if run.record else ""
    return is_cross_entropy(name) and "," not in name


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


def _from_logs(run: RunSeries) -> Guessing | None:
    loss, accuracy = epoch_curve(run, "loss"), accuracy_curve(run)
    if loss is None or accuracy is None:
        return None
    if np.isnan(loss.mean).all() or np.isnan(accuracy.mean).all():
        return None
    seen, right = float(np.nanmedian(loss.mean)), float(np.nanmedian(accuracy.mean))
    classes = round(1 / right) if 0 < right < 1 else 0
    if classes < 2 or abs(right * classes - 1) > _NEAR_ACCURACY:
        return None
    entropy = math.log(classes)
    return (
        Guessing(classes, 1 / classes, entropy) if abs(seen / entropy - 1) <= _NEAR_LOSS else None
    )

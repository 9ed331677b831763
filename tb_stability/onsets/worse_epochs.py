"""A loss that ends worse than it was, told by whole epochs where windows differ too much."""

from __future__ import annotations

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.onsets.class_shares import brings_new_classes
from tb_stability.onsets.curve import LossCurve, epoch_curve
from tb_stability.onsets.rates import RAISED, rates_of
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import FloatArray, RunSeries

# Standard errors between the best epoch and the last. Fewer than the `spreads` of a window: the
# validation loss, of other samples, has to say the same.
_ERRORS = 4.0

# Windows of an epoch from which on the error of its mean can be told.
_WINDOWS = 4


def worse_epochs(run: RunSeries, curve: LossCurve, thresholds: Thresholds) -> Detection | None:
    r"""Returns since when a training loss is worse than in its best epoch, to the end.

    A loss that rises by degrees may never leave the noise of its windows. With :math:`m_b` and
    :math:`m_l` the mean losses of the best epoch and of the last one, each of :math:`n` windows
    that deviate by :math:`s`, it is worse where

    .. math:: m_l - m_b \ge 4 \sqrt{s_b^2 / n_b + s_l^2 / n_l}

    and where both this loss and the validation loss have given back `loss_giveback` of what they
    had gained since the first window, and have risen by `loss_relative` of their best. It sets in
    with the first epoch from which on all are above the best by `loss_relative`.

    None where an epoch has fewer than four windows, no validation loss is logged, the learning rate
    ends well above that of the best epoch, or new classes came.

    Args:
      run: What was measured.
      curve: Its training loss.
      thresholds: Numbers of the rules.
    """
    validation = epoch_curve(run, "val_loss")
    if validation is None or not len(validation.mean) or curve.of_epochs:
        return None
    mean, begins, _ = curve.by_epoch()
    # An epoch is over once it is validated.
    over = curve.series.epoch[begins] <= validation.epoch(-1)
    windows = np.split(curve.mean, begins[1:])[: int(over.sum())]
    mean, begins = mean[over], begins[over]
    both = (mean, validation.mean)
    if len(mean) < 2 or not all(np.isfinite(loss).all() for loss in both):
        return None
    best = int(np.argmin(mean))
    error = float(np.hypot(_error(windows[best]), _error(windows[-1])))
    # Not "less than": the error may be unknown.
    if not mean[-1] - mean[best] >= _ERRORS * error:
        return None
    start_of_all = float(curve.mean[0])
    if not all(is_given_back(loss, start_of_all, thresholds) for loss in both):
        return None
    level = float(mean[best]) + thresholds.loss_relative * abs(float(mean[best]))
    since = int(np.flatnonzero(mean <= level)[-1]) + 1
    start = int(begins[since])
    if _is_meant(run, curve.step(int(begins[best])), curve.step(start)):
        return None
    return Detection(
        start=start,
        certain=len(curve.mean) - 1,
        end=None,
        value=float(mean[since:].max()),
        threshold=level,
        baseline=float(mean[best]),
        spread=error,
    )


def _error(windows: FloatArray) -> float:
    """Returns the standard error of a mean, NaN where there are too few to tell."""
    count = len(windows)
    return float(np.std(windows, ddof=1) / np.sqrt(count)) if count >= _WINDOWS else np.nan


def _is_meant(run: RunSeries, best: int, start: int) -> bool:
    """Returns whether a rate or labels that changed may explain a rise since the best step."""
    rates = rates_of(run)
    raised = rates is not None and rates.at(run.steps) >= RAISED * rates.at(best)
    return raised or brings_new_classes(run, start)


def is_given_back(loss: FloatArray, start: float, thresholds: Thresholds) -> bool:
    """Returns whether the last of some losses is clear of the best, and of much that was gained.

    Args:
      loss: Finite, one an epoch, at least one.
      start: What was lost at the start.
      thresholds: `loss_giveback` and `loss_relative`.
    """
    best, last = float(loss.min()), float(loss[-1])
    least = max(thresholds.loss_giveback * (start - best), thresholds.loss_relative * abs(best))
    return last - best > least

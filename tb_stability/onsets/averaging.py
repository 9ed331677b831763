"""What a regression reaches that knows nothing but the mean of its targets."""

from __future__ import annotations

import numpy as np

from tb_stability.onsets.curve import LossCurve, training_curve
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import RunSeries

# By the names that Keras gives them, in lower case and without underscores.
_SQUARED = ("mse", "meansquarederror")
_ABSOLUTE = ("mae", "meanabsoluteerror")

# A loss that settles above this multiple of it: the variance is known from samples alone.
SETTLED_ABOVE = 1.5


def loss_of_averaging(run: RunSeries) -> float | None:
    """Returns the loss of always predicting the mean of the targets, None if it is not known.

    For a mean squared error it is the variance of the targets, and for a mean absolute error at
    most their deviation (Jensen's inequality), over all sampled batches of the run. It is known of
    runs with one output.
    """
    name = run.record.loss.lower().replace("_", "") if run.record else ""
    targets = list(run.of_quantity("targets", ("mean", "std", "nonfinite", "count")))
    if name not in (*_SQUARED, *_ABSOLUTE) or len(targets) != 1 or len(targets[0].rows) != 1:
        return None
    mean, deviation, nonfinite, count = (
        targets[0].statistic(statistic)[:, 0].astype(np.float64)
        for statistic in ("mean", "std", "nonfinite", "count")
    )
    known = np.isfinite(mean) & np.isfinite(deviation) & (count > nonfinite)
    if not known.any():
        return None
    weights = (count - nonfinite)[known]
    centre = np.average(mean[known], weights=weights)
    squares = deviation[known] ** 2 + (mean[known] - centre) ** 2
    variance = float(np.average(squares, weights=weights))
    if not 0 < variance < np.inf:
        return None
    return variance if name in _SQUARED else float(np.sqrt(variance))


def is_worse_than_averaging(run: RunSeries, thresholds: Thresholds) -> bool:
    """Returns whether a regression was never as good as one that knows the mean of its targets.

    It is given `learning_epochs` epochs for that.
    """
    curve, averaging = training_curve(run), loss_of_averaging(run)
    if curve is None or averaging is None or run.epochs < thresholds.learning_epochs:
        return False
    return bool(np.nanmin(curve.mean, initial=np.inf) > averaging)


def settles_above(curve: LossCurve, averaging: float, thresholds: Thresholds) -> bool:
    """Returns whether a loss comes to rest where predicting the mean would be far better.

    Weights of zero and a bias are among what can be learnt, so no penalty explains it.
    """
    epochs, _, _ = curve.by_epoch()
    second = epochs[len(epochs) // 2 :]
    if len(second) < thresholds.learning_epochs or not np.min(epochs) >= SETTLED_ABOVE * averaging:
        return False
    little = thresholds.learning_improvement_epochs * float(np.median(second))
    return float(np.ptp(second)) < little

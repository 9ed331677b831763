"""The course of a loss of which it is asked whether it has come down at all."""

from __future__ import annotations

import math

import numpy as np

from tb_stability.detectors.baseline import MAD_TO_SIGMA
from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import FloatArray

# Points that show whether a loss levels off: three for each quarter.
_LEAST_POINTS = 12


def is_flat(curve: LossCurve, least: float, thresholds: Thresholds) -> bool:
    """Returns whether all epochs are alike, and the first window is like those after it."""
    epochs, _, _ = curve.by_epoch()
    little = thresholds.learning_improvement_epochs * (float(epochs[0]) - least)
    fall = float(curve.mean[0]) - float(np.median(curve.mean))
    return float(np.ptp(epochs)) < little and fall < little


def without_noise(curve: LossCurve) -> float:
    """Returns the loss before training, without what batches differ by."""
    if curve.highest is None or len(curve.mean) < 2:
        return curve.untrained
    usual = float(np.median(curve.highest[1:] - curve.mean[1:]))
    return max(curve.untrained - usual, float(curve.mean[0]))


def levels_off(loss: FloatArray, spreads: float) -> bool:
    """Returns whether a loss came down in a curve that levels off.

    By the medians of its quarters, the first fall is more than noise and at least twice the second,
    and that no less than the third. It took several points: no single one was half of it, as is the
    first of a run that is stuck from then on. What falls evenly has only begun, at too low a rate.
    """
    if len(loss) < _LEAST_POINTS:
        return False
    levels = [float(np.median(quarter)) for quarter in np.array_split(loss, 4)]
    first, second, third = -np.diff(levels)
    steps = -np.diff(loss)
    calm = steps[len(steps) // 2 :]  # the curve itself is no noise
    noise = MAD_TO_SIGMA * float(np.median(np.abs(calm - np.median(calm)))) / math.sqrt(2)
    gradual = float(np.max(steps)) < (float(np.max(loss)) - float(np.min(loss))) / 2
    return bool(gradual and first > spreads * noise and first >= 2 * second >= 2 * third)

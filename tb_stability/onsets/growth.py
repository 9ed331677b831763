"""What had left its baseline by the time that a run failed."""

from __future__ import annotations

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.onsets.onset import Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import BoolArray, FloatArray, Series


def window_of(series: Series, step: int) -> int:
    """Returns the index of the record that a step belongs to, that of the last one beyond it."""
    return min(int(np.searchsorted(series.step, step)), len(series) - 1)


def growth_before(
    series: Series,
    size: FloatArray,
    failure: Onset,
    thresholds: Thresholds,
    until: int | None = None,
) -> Detection | None:
    """Returns where a size left its baseline in the windows before that of a failure, if it did.

    By the window of the failure everything is large: what is to explain it must be seen earlier.

    Args:
      series: Where the size comes from.
      size: Positive numbers, NaN where missing, shape ``[windows]``.
      failure: What it may have led to.
      thresholds: Of the departure, on the logarithm of the size.
      until: The window that is judged, where it is not that of the failure.

    Returns:
      The departure, with `value`, `threshold` and `baseline` as sizes again.
    """
    until = window_of(series, failure.step) if until is None else until
    known = np.isfinite(size)
    detector = thresholds.departure(until)
    for found in detector.detect(log10_of(size, known)):
        if series.step[found.start] < failure.step:
            return Detection(
                start=found.start,
                certain=found.certain,
                end=None,
                value=10.0**found.value,
                threshold=10.0**found.threshold,
                baseline=10.0**found.baseline,
            )
    return None


def log10_of(size: FloatArray, measured: BoolArray) -> FloatArray:
    """Returns log10 of sizes, NaN where missing, non-finite or zero."""
    valid = measured & np.isfinite(size) & (size > 0)
    return np.log10(np.where(valid, size, 1.0), where=valid, out=np.full(size.shape, np.nan))

"""Median and spread: what a series was like before, told robustly."""

from __future__ import annotations

import collections
import math
import statistics

import numpy as np

from tb_stability.detectors.detector import FloatArray

# Median absolute deviation to standard deviation, for normally distributed noise: 1 / Phi^-1(3/4).
# Rousseeuw and Croux, Alternatives to the Median Absolute Deviation, JASA 88 (1993).
MAD_TO_SIGMA = 1.4826


# numpy's own median takes some 20 microseconds, however little it is given.
_FEW = 500


def median(values: FloatArray) -> float:
    """Returns the median of at least one finite value, shape ``[values]``.

    >>> median(np.array([3.0, 1.0, 2.0, 4.0]))
    2.5
    """
    if len(values) > _FEW:
        return float(np.median(values))
    ordered = np.sort(values)
    half = len(ordered) // 2
    return float((ordered[half] + ordered[-half - 1]) / 2)


def median_and_spread(values: FloatArray) -> tuple[float, float]:
    """Returns the median and the robust standard deviation of the finite values.

    The spread is ``1.4826 * median(|x - median(x)|)``: half of the values may be outliers before it
    is moved arbitrarily far.

    Args:
      values: Any shape; NaN and infinities are left out.

    Returns:
      ``(nan, nan)`` where no value is finite.

    >>> median_and_spread(np.array([1.0, 2.0, 3.0, 1000.0, np.nan]))
    (2.5, 1.4826)
    """
    finite = values[np.isfinite(values)]
    if not finite.size:
        return np.nan, np.nan
    level = median(finite)
    return level, MAD_TO_SIGMA * median(np.abs(finite - level))


class TrailingBaseline:
    """Level and noise of the most recent points that were found healthy, trend or none.

    The level is the median of the newest quarter of the memory. The noise is the robust standard
    deviation of the differences between neighbours over the root of two, since a trend would widen
    the deviations from a median, and a loss in training has a trend (von Neumann et al., The Mean
    Square Successive Difference, Ann. Math. Statist. 12, 1941, made robust). Where points go up and
    down by turns half of these differences are alike, and their deviation may be nil; so the noise
    is no less than that of the second differences, over the root of six.

    Pure Python on a few floats: a call a point of numpy would cost ten times as much.

    Args:
      memory: How many points are kept.
    """

    def __init__(self, memory: int) -> None:
        self._level: collections.deque[float] = collections.deque(maxlen=max(1, memory // 4))
        self._steps: collections.deque[float] = collections.deque(maxlen=memory)
        self._bends: collections.deque[float] = collections.deque(maxlen=memory)
        self.count = 0

    def append(self, value: float) -> None:
        """Adds a healthy, finite point."""
        if self._level:
            step = value - self._level[-1]
            if self._steps:
                self._bends.append(abs(step - self._steps[-1]))
            self._steps.append(step)
        self._level.append(value)
        self.count += 1

    def level(self) -> float:
        """Returns the level; there must be a point."""
        return statistics.median(self._level)

    def spread(self) -> float:
        """Returns the robust standard deviation, 0 for fewer than three points."""
        if not self._bends:
            return 0.0
        slope = statistics.median(self._steps)
        noise = statistics.median([abs(step - slope) for step in self._steps]) / math.sqrt(2)
        swing = statistics.median_low(self._bends) / math.sqrt(6)
        return MAD_TO_SIGMA * max(noise, swing)

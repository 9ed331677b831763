"""Where a slow rise began, before it was high enough to be told from noise."""

from __future__ import annotations

import numpy as np

from tb_stability.detectors.detector import FloatArray

# Points that a rise must take for it to be a ramp; a faster one is dated by its height.
_LEAST = 3

# Points before the rise that the level is taken from, as a multiple of those of the rise.
_REACH = 3


def foot_of_ramp(values: FloatArray, start: int, opened: int, first: int) -> int:
    """Returns the point at which the rise that passes `start` and `opened` left the level.

    A level and a straight line that leaves it are fitted to the points up to `opened` by least
    squares, once to the values and once to their logarithms, for a rise that feeds itself is
    exponential. The foot is where the line begins, in the fit that leaves the lesser part of the
    variance; `start`, where a step at `start` fits no worse, or the rise takes fewer than three
    points.

    Args:
      values: The series, shape ``[points]``; what is not finite is passed over.
      start: The first point that is high enough to be told from noise.
      opened: The point at which the rise was certain, from `start` on.
      first: The first point that may be looked at.

    Returns:
      A point no later than `start`.

    >>> level_and_ramp = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    >>> foot_of_ramp(level_and_ramp, 8, 10, 0), foot_of_ramp(level_and_ramp, 7, 10, 0)
    (8, 6)
    """
    if opened - start < _LEAST:
        return start
    begin = start
    reach = max(first, start - _REACH * (opened - start))
    while begin > reach and not values[begin - 1] > values[start]:
        begin -= 1
    index = np.arange(begin, opened + 1)
    index = index[np.isfinite(values[index])]
    series = values[index].astype(np.float64)
    if len(index) < 2 * _LEAST:
        return start
    fits = [_fit(index, series, start)]
    if np.all(series > 0):
        fits.append(_fit(index, np.log(series), start))
    return min(fits)[1]


def _fit(index: np.ndarray, series: FloatArray, start: int) -> tuple[float, int]:
    """Returns which part of the variance the best fit leaves, and where its line begins."""
    series = series / max(float(np.max(np.abs(series))), np.finfo(float).tiny)
    scale = float(np.sum(np.square(series - np.mean(series))))
    if not scale > 0:
        return np.inf, start
    step = index >= start
    fits = [(_left(series, step.astype(np.float64)) / scale, start)]
    # The line has left the level at its foot, by one step of its slope.
    fits.extend(
        (_left(series, np.maximum(index - foot + 1.0, 0.0)) / scale, foot)
        for foot in index[index < start].tolist()
    )
    return min(fits)


def _left(series: FloatArray, shape: FloatArray) -> float:
    """Returns the squares that remain of a series when a multiple of a rising shape is fitted."""
    shape = shape - np.mean(shape)
    centred = series - np.mean(series)
    length = float(shape @ shape)
    slope = max(float(shape @ centred) / length, 0.0) if length > 0 else 0.0
    return float(np.sum(np.square(centred - slope * shape)))

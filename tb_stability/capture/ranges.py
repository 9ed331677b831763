"""The range of whatever flows into a step: its mean, deviation and extremes, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.statistics import MISSING, MOST_COUNT, FloatArray
from tb_stability.metadata import Quantity, SeriesMetadata

# Of a quantity that has ranges.
RANGE = ("mean", "std", "min", "max", "nonfinite", "count")

_COLUMNS = len(RANGE) + 1


class Ranges:
    """Measures the same named tensors in each sampled step, and in one whose loss is not finite.

    `count` is the number of elements and `nonfinite` that of NaN and infinite ones, each at most
    `MOST_COUNT`. Where no element is finite, the other statistics are NaN.

    Args:
      quantity: What is measured, with the statistics `RANGE`.
    """

    def __init__(self, quantity: Quantity) -> None:
        self._quantity = quantity
        self._rows: tuple[str, ...] = ()
        self._accumulator: StepAccumulator | None = None

    def sample(self, probe: Probe, context: StepContext, tensors: Mapping[str, tf.Tensor]) -> None:
        """Takes a sample of the running step; of tensors named otherwise than the first, none."""
        if self._accumulator is None and tensors:
            self._rows = tuple(tensors)
            self._accumulator = StepAccumulator(len(tensors) * _COLUMNS, context.clock)
        accumulator = self._accumulator
        if accumulator is None or tuple(tensors) != self._rows:
            return

        def measure(values: list[tf.Tensor]) -> None:
            accumulator.write(tf.concat([_statistics(value) for value in values], 0))

        context.sample(probe, measure, list(tensors.values()), on_failure=True)

    def collect(self, steps: int) -> Iterator[Measurement]:
        """Yields what was measured in the window of `steps` steps."""
        if self._accumulator is not None:
            values = self._accumulator.take(steps).reshape(steps, len(self._rows), _COLUMNS)
            joined = [_joined(values[:, row]) for row in range(len(self._rows))]
            yield SeriesMetadata(self._quantity, self._rows), np.array(joined, np.float32)


def _statistics(tensor: tf.Tensor) -> tf.Tensor:
    """Returns the `_COLUMNS` numbers of a batch, float32: `RANGE`, and what its mean lost."""
    values = tf.cast(tensor, tf.float64)
    finite = tf.math.is_finite(values)
    zero = tf.zeros_like(values)
    number = tf.reduce_sum(tf.cast(finite, tf.float64))
    size = tf.cast(tf.size(values), tf.float64)
    mean = tf.reduce_sum(tf.where(finite, values, zero)) / number
    # About the mean: squares of inputs far from zero would cancel.
    squares = tf.reduce_sum(tf.where(finite, tf.square(values - mean), zero))
    least = tf.reduce_min(tf.where(finite, values, zero + np.inf))
    largest = tf.reduce_max(tf.where(finite, values, zero - np.inf))
    std = tf.sqrt(squares / number)
    # The deviation of inputs far from zero is that of means that float32 rounds to the same.
    lost = mean - tf.cast(tf.cast(mean, tf.float32), tf.float64)
    row = tf.stack([mean, std, least, largest, size - number, size, lost])
    return tf.cast(row, tf.float32)


def _joined(batches: FloatArray) -> list[float]:
    """Returns the statistics of all batches together, given those of each ``[steps, columns]``."""
    rows = batches[batches[:, 5] != MISSING].astype(np.float64)
    count, nonfinite = rows[:, 5].sum(), rows[:, 4].sum()
    counts = [min(nonfinite, MOST_COUNT), min(count, MOST_COUNT)]
    number = rows[:, 5] - rows[:, 4]
    rows, number = rows[number > 0], number[number > 0]
    if not len(rows):
        return [np.nan, np.nan, np.nan, np.nan, *counts]
    means = rows[:, 0] + rows[:, 6]
    mean = np.average(means, weights=number)
    variance = np.average(rows[:, 1] ** 2 + (means - mean) ** 2, weights=number)
    return [mean, np.sqrt(variance), rows[:, 2].min(), rows[:, 3].max(), *counts]

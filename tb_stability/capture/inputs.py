"""Range of what a model is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.statistics import MISSING, MOST_COUNT, FloatArray
from tb_stability.metadata import Quantity, SeriesMetadata

INPUTS = Quantity(
    name="inputs",
    title="Inputs",
    description=(
        "Mean, standard deviation and range of the finite elements of each input, over the "
        "measured batches."
    ),
    row_kind="input",
    statistics=("mean", "std", "min", "max", "nonfinite", "count"),
)

_COLUMNS = len(INPUTS.statistics) + 1

# Names that Keras makes up and numbers through the process.
_MADE_UP = re.compile(r"(keras_tensor|input_layer|input)(_\d+)?(CLONE)?")


class Inputs(Probe):
    """Sampled, of every input of floating type, before any cast to a lower precision.

    `count` is the number of elements and `nonfinite` that of NaN and infinite ones, each at most
    `MOST_COUNT`. Where no element is finite, the other statistics are NaN.
    """

    name = INPUTS.name

    def __init__(self) -> None:
        self._rows: tuple[str, ...] = ()
        self._accumulator: StepAccumulator | None = None

    def on_inputs(self, context: StepContext, inputs: Any) -> None:
        found = {
            name: tensor
            for name, tensor in named_inputs(context.model, inputs)
            if tf.is_tensor(tensor) and tensor.dtype.is_floating
        }
        if not is_first_replica():
            return
        if self._accumulator is None and found:
            self._rows = tuple(found)
            self._accumulator = StepAccumulator(len(found) * _COLUMNS, context.clock)
        accumulator = self._accumulator
        if accumulator is None or tuple(found) != self._rows:
            return

        def measure(tensors: list[tf.Tensor]) -> None:
            accumulator.write(tf.concat([_statistics(tensor) for tensor in tensors], 0))

        context.sample(self, measure, list(found.values()))

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._accumulator is not None:
            values = self._accumulator.take(steps).reshape(steps, len(self._rows), _COLUMNS)
            joined = [_joined(values[:, row]) for row in range(len(self._rows))]
            yield SeriesMetadata(INPUTS, self._rows), np.array(joined, np.float32)


def named_inputs(model: Any, inputs: Any) -> Iterator[tuple[str, Any]]:
    """Yields each input with the name that a user gave it, or else ``input``, ``input_1``...

    Args:
      model: The model that is given them.
      inputs: A tensor, or a dict, list or tuple of them.
    """
    if isinstance(inputs, Mapping):
        yield from ((str(name), item) for name, item in inputs.items())
        return
    flat = keras.tree.flatten(inputs)
    given = [
        str(tensor.name) for tensor in keras.tree.flatten(getattr(model, "inputs", None) or [])
    ]
    if len(given) != len(flat):
        given = [""] * len(flat)
    for index, (name, item) in enumerate(zip(given, flat, strict=True)):
        if not name or _MADE_UP.fullmatch(name) or given.count(name) > 1:
            name = f"input_{index}" if index else "input"
        yield name, item


def _statistics(tensor: tf.Tensor) -> tf.Tensor:
    """Returns the `_COLUMNS` numbers of a batch, float32: `INPUTS`, and what its mean lost."""
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

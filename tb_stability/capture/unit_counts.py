"""Counts of the units of layers over a window, kept on the device."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tb_stability.capture.accumulators import StepClock, host_variable


class UnitCounts:
    """One number per unit of each layer, and the number of samples they come from.

    A layer that is called with several numbers of units, as a ReLU may be that a model has one of
    for all places, has a row for each: ``"relu"``, ``"relu (64 units)"``.

    Args:
      combine: How measurements of one window are joined.
    """

    def __init__(self, combine: Literal["sum", "maximum"]) -> None:
        self._combine = tf.maximum if combine == "maximum" else tf.add
        self._of_layer: dict[tuple[str, int], tuple[tf.Variable, tf.Variable]] = {}
        self._rows: tuple[str, ...] = ()
        self._clock: StepClock | None = None

    @property
    def rows(self) -> tuple[str, ...]:
        """Names of the layers that had been measured when the first window ended."""
        return self._rows

    def expect(self, layer: str, units: int, clock: StepClock) -> None:
        """Makes room for a layer; to be called outside of branches."""
        if self._clock is None:
            self._clock = clock
            clock.add(self)
        if (layer, units) not in self._of_layer and not self._rows:
            # float64 counts without rounding far beyond the positions of any image.
            counts = host_variable(np.zeros(units), "stability_units")
            samples = host_variable(np.zeros(()), "stability_unit_samples")
            self._of_layer[layer, units] = counts, samples

    def add(self, layer: str, values: tf.Tensor, samples: tf.Tensor) -> None:
        """Adds a measurement of ``[units]`` from a number of samples, in graph."""
        key = layer, values.shape[0]
        if key in self._of_layer:
            counts, total = self._of_layer[key]
            counts.assign(self._combine(counts, tf.cast(values, tf.float64)))
            total.assign_add(tf.cast(samples, tf.float64))

    def take(self) -> Iterator[tuple[npt.NDArray[np.float64], int]]:
        """Yields the counts ``[units]`` and samples of each row, and begins the next window."""
        if self._clock is None:
            return
        self._rows = self._rows or tuple(self._names())
        taken = self._clock.take(self)
        for counts, samples in zip(taken[::2], taken[1::2], strict=True):
            yield counts, int(samples)

    def _names(self) -> Iterator[str]:
        named: set[str] = set()
        for layer, units in self._of_layer:
            yield f"{layer} ({units} units)" if layer in named else layer
            named.add(layer)

    def read_and_reset(self) -> list[tf.Tensor]:
        variables = [variable for pair in self._of_layer.values() for variable in pair]
        values = [variable.read_value() for variable in variables]
        for variable in variables:
            variable.assign(tf.zeros_like(variable))
        return values

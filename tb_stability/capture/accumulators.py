"""The variables that probes write to in the train step, and that are read at a window's end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tb_stability.capture.statistics import MISSING, FloatArray


def host_variable(value: npt.NDArray[np.generic], name: str) -> tf.Variable:
    """Returns a variable that belongs to nothing but its accumulator."""
    # Out of the function being traced, and out of any distribution strategy: one plain variable on
    # the host process, tracked by no model and so part of no checkpoint.
    with tf.init_scope():
        return tf.Variable(value, trainable=False, name=name)


class StepClock:
    """Counts the steps of the window: the only clock in the graph.

    Args:
      capacity: Most steps that a window can have.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        # int64, for which TensorFlow has kernels on every device.
        self._position = host_variable(np.zeros((), np.int64), "stability_position")
        self._samples = host_variable(np.zeros(capacity, np.int64), "stability_samples")
        self._slot: tuple[Any, tf.Tensor] | None = None
        self._accumulators: list[StepAccumulator] = []
        self._take: Any = None
        self._taken: dict[int, FloatArray] = {}

    def slot(self) -> tf.Tensor:
        """Returns the running step's place in accumulators, int64 scalar, in graph."""
        if tf.executing_eagerly():
            return self._position % self.capacity
        # Each operation counts in a small model: all writes of one graph share these.
        graph = tf.compat.v1.get_default_graph()
        if self._slot is None or self._slot[0] is not graph:
            self._slot = graph, self._position % self.capacity
        return self._slot[1]

    def advance(self, samples: tf.Tensor | None) -> None:
        """Ends a step of that many samples (int64 scalar), in graph."""
        if samples is not None:
            self._samples.scatter_update(tf.IndexedSlices(samples, self.slot()))
        self._position.assign_add(1)
        self._slot = None

    def read(self) -> int:
        """Returns the number of steps done in the window; waits for the device."""
        return int(self._position.numpy())

    def most_samples(self) -> int | None:
        """Returns the samples of the largest step of late; None where unknown."""
        return int(self._samples.numpy().max()) or None

    def reset(self) -> None:
        """Begins a window."""
        self._position.assign(0)
        self._taken = {}

    def add(self, accumulator: StepAccumulator) -> None:
        """Has an accumulator read and emptied together with the others."""
        self._accumulators.append(accumulator)
        self._take = None

    def take(self, accumulator: StepAccumulator) -> FloatArray:
        """Returns what an accumulator holds; all of them are read and emptied with the first."""
        if not self._taken:
            if self._take is None:
                self._take = tf.function(self._read_and_empty, autograph=False)
            arrays = [values.numpy() for values in self._take()]
            self._taken = {
                id(one): array for one, array in zip(self._accumulators, arrays, strict=True)
            }
        return self._taken[id(accumulator)]

    def _read_and_empty(self) -> list[tf.Tensor]:
        # One call for all: each costs the host the same, whatever its size.
        values = [one.values.read_value() for one in self._accumulators]
        for one in self._accumulators:
            one.values.assign(tf.fill(one.values.shape, MISSING))
        return values


class StepAccumulator:
    """Holds the measurements of each step of a window.

    Storing what each step measured takes one small write in the step, and leaves the statistics,
    and their exactness, to numpy on the host.

    Args:
      rows: Number of rows.
      clock: Says where a step's measurements belong.
    """

    def __init__(self, rows: int, clock: StepClock) -> None:
        self._clock = clock
        self._rows = rows
        empty = np.full((clock.capacity, rows), MISSING, dtype=np.float32)
        self.values = host_variable(empty, "stability_accumulator")
        clock.add(self)

    def write(self, values: tf.Tensor, rows: Sequence[int] | None = None) -> None:
        """Stores the running step's measurements, in graph.

        Args:
          values: float32, one for each row that was measured.
          rows: Which rows were, ascending; all of them, where it is None.
        """
        slot = self._clock.slot()
        if rows is None or len(rows) == self._rows:
            self.values.scatter_update(tf.IndexedSlices(values, slot))
        else:
            row = tf.constant(rows, tf.int64)
            cells = tf.stack([tf.fill([len(rows)], slot), row], axis=1)
            self.values.scatter_nd_update(cells, values)

    def take(self, steps: int) -> FloatArray:
        """Returns the measurements of the window, float32 ``[steps, rows]``, and empties it.

        Waits for the device.
        """
        return self._clock.take(self)[:steps]

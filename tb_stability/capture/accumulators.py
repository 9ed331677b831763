"""The variables that probes write to in the train step, and that are read at a window's end."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tb_stability.capture.statistics import MISSING, FloatArray, per_step_statistics


def host_variable(value: npt.NDArray[np.generic], name: str) -> tf.Variable:
    """Returns a variable that belongs to nothing but its accumulator."""
    # Out of the function being traced, and out of any distribution strategy: one plain variable on
    # the host process, tracked by no model and so part of no checkpoint.
    with tf.init_scope():
        return tf.Variable(value, trainable=False, name=name)


class Accumulator(Protocol):
    """What a `StepClock` reads at a window's end."""

    def read_and_reset(self) -> Sequence[tf.Tensor]:
        """Returns what the window measured and makes room for the next one's, in graph."""


class StepClock:
    """Counts the steps of the window, and reads all accumulators when it ends.

    Args:
      capacity: Most steps that a window can have.
    """

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        # int64, for which TensorFlow has kernels on every device.
        self._position = host_variable(np.zeros((), np.int64), "stability_position")
        self._slot: tuple[Any, tf.Tensor] | None = None
        self._step_is_over = False
        self._accumulators: list[Accumulator] = []
        self._outdated: list[Callable[[], bool]] = []
        self._read_all: Any = None
        self._taken: dict[int, list[npt.NDArray[Any]]] = {}
        self._statistics: dict[int, FloatArray] = {}

    def slot(self) -> tf.Tensor:
        """Returns the measured step's place in accumulators, int64 scalar, in graph."""
        if self._step_is_over:
            return (self._position - 1) % self.capacity
        if tf.executing_eagerly():
            return self._position % self.capacity
        # Each operation counts in a small model: all writes of one graph share this one.
        graph = tf.compat.v1.get_default_graph()
        if self._slot is None or self._slot[0] is not graph:
            self._slot = graph, self._position % self.capacity
        return self._slot[1]

    @contextlib.contextmanager
    def after_step(self) -> Iterator[None]:
        """Surrounds what measures a step that `advance` has ended."""
        self._step_is_over = True
        try:
            yield
        finally:
            self._step_is_over = False

    def advance(self) -> None:
        """Ends a step, in graph."""
        self._position.assign_add(1)
        self._slot = None

    def read(self) -> int:
        """Returns the number of steps done in the window; waits for the device."""
        return int(self._position.numpy())

    def reset(self) -> None:
        """Begins a window."""
        if not self._taken:
            self._position.assign(0)
        self._taken = {}
        self._statistics = {}

    def add(self, accumulator: Accumulator, outdated: Callable[[], bool] | None = None) -> None:
        """Has an accumulator read together with the others.

        Args:
          accumulator: What is to be read.
          outdated: Whether its `read_and_reset` is to be traced anew; by default it never is.
        """
        self._accumulators.append(accumulator)
        if outdated is not None:
            self._outdated.append(outdated)
        self._read_all = None

    def take(self, accumulator: Accumulator) -> list[npt.NDArray[Any]]:
        """Returns what an accumulator's `read_and_reset` does; waits for the device."""
        if not self._taken:
            if self._read_all is None or any(outdated() for outdated in self._outdated):
                read_all = tf.function(self._read_and_reset, autograph=False)
                self._read_all = read_all.get_concrete_function()
            self._taken = {
                id(one): [tensor.numpy() for tensor in tensors]
                for one, tensors in zip(self._accumulators, self._read_all(), strict=True)
            }
        return self._taken[id(accumulator)]

    def statistics(self, accumulator: StepAccumulator, steps: int) -> FloatArray:
        """Returns `per_step_statistics` of the first steps that an accumulator holds."""
        if not self._statistics:
            # In one go, like the reading: numpy costs by the call before it costs by the number.
            mine = [one for one in self._accumulators if isinstance(one, StepAccumulator)]
            values = np.concatenate([one.take(steps) for one in mine], axis=1)
            ends = np.cumsum([one.rows for one in mine])
            parts = np.split(per_step_statistics(values), ends[:-1])
            self._statistics = {id(one): part for one, part in zip(mine, parts, strict=True)}
        return self._statistics[id(accumulator)]

    def _read_and_reset(self) -> list[list[tf.Tensor]]:
        # One call for all: each costs the host the same, whatever its size.
        self._position.assign(0)
        return [list(one.read_and_reset()) for one in self._accumulators]


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
        self.rows = rows
        empty = np.full((clock.capacity, rows), MISSING, dtype=np.float32)
        self._values = host_variable(empty, "stability_accumulator")
        clock.add(self)

    def write(self, values: tf.Tensor, rows: Sequence[int] | None = None) -> None:
        """Stores the running step's measurements, in graph.

        Args:
          values: float32, one for each row that was measured.
          rows: Which rows were, ascending; all of them, where it is None.
        """
        slot = self._clock.slot()
        if rows is None or len(rows) == self.rows:
            self._values.scatter_update(tf.IndexedSlices(values, slot))
        else:
            row = tf.constant(rows, tf.int64)
            cells = tf.stack([tf.fill([len(rows)], slot), row], axis=1)
            self._values.scatter_nd_update(cells, values)

    def read_and_reset(self) -> list[tf.Tensor]:
        values = self._values.read_value()
        self._values.assign(tf.fill(self._values.shape, MISSING))
        return [values]

    def take(self, steps: int) -> FloatArray:
        """Returns the measurements of the window, float32 ``[steps, rows]``, and empties it."""
        return self._clock.take(self)[0][:steps]

    def statistics(self, steps: int) -> FloatArray:
        """Returns the statistics of the window, as `per_step_statistics` does, and empties it."""
        return self._clock.statistics(self, steps)


class OnceAWindow:
    """Remembers whether something was done in the window, in graph.

    Args:
      clock: Says when a window ends.
    """

    def __init__(self, clock: StepClock) -> None:
        self._is_due = host_variable(np.array(True), "stability_once")
        clock.add(self)

    def is_due(self) -> tf.Tensor:
        """Returns whether it was not done yet, bool scalar."""
        return self._is_due.read_value()

    def done(self) -> None:
        """Notes that it was done."""
        self._is_due.assign(False)

    def read_and_reset(self) -> list[tf.Tensor]:
        self._is_due.assign(True)
        return []

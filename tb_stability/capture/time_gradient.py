"""How much of the loss's gradient reaches each time step of a recurrent layer's input."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator, StepClock, host_variable
from tb_stability.capture.distribution import is_first_replica, replica_count, sum_over_replicas
from tb_stability.capture.gradient_norm import unscaled
from tb_stability.capture.probe import Call, Gradients, Measurement, Probe, StepContext
from tb_stability.capture.recurrent_state import MOST_BINS, bin_names, time_bins
from tb_stability.capture.statistics import MISSING, FloatArray
from tb_stability.metadata import Quantity, SeriesMetadata

TIME_GRADIENT = Quantity(
    name="time_gradient",
    title="Gradient through time",
    description=(
        "L2 norm, over a batch, of the loss's gradient with respect to the layer's input at each "
        "time step; of several time steps the root mean square."
    ),
    row_kind="time step",
    scale="log",
)


class TimeGradient(Probe):
    """Sampled: the norm of dL/dx_t, one series for each recurrent layer.

    Of the same loss as the gradient norms, unscaled too. A layer that is called several times in a
    step is measured over all of its calls; a `Bidirectional` one as a whole. There is no record of
    a layer that no gradient passes.

    Args:
      of_raw_data: Also measure layers below which nothing is trained. The train step has no use for
        the gradient of their input, and to have it computed makes every step slower: that of an
        LSTM of 64 units over 50 time steps by an eighth.
    """

    name = TIME_GRADIENT.name
    taps = True

    def __init__(self, *, of_raw_data: bool = False) -> None:
        self._of_raw_data = of_raw_data
        self._of_layer: dict[str, _OverTime] = {}
        self._halves: set[int] = set()
        self._passing = _Passing()

    def before_call(self, context: StepContext, call: Call) -> Mapping[str, Any]:
        layer, sequences = call.layer, call.arguments.get("sequences")
        if isinstance(layer, keras.layers.Bidirectional):
            self._halves |= {id(layer.forward_layer), id(layer.backward_layer)}
        elif not isinstance(layer, keras.layers.RNN) or id(layer) in self._halves:
            return {}
        if sequences is None or not tf.is_tensor(sequences) or not sequences.dtype.is_floating:
            return {}
        if call.name not in self._of_layer:
            self._of_layer[call.name] = _OverTime(context.clock)
        return {"sequences": self._tapped(call.name, layer, sequences)}

    def _tapped(self, name: str, layer: Any, sequences: tf.Tensor) -> tf.Tensor:
        """Returns the sequences; what their gradient is will be noted on its way back."""

        @tf.custom_gradient
        def tap(values: tf.Tensor, *anchor: tf.Tensor) -> Any:
            def note(gradient: tf.Tensor) -> list[Any]:
                self._passing.gradients.append((_graph(), name, gradient))
                return [gradient, *(None for _ in anchor)]

            return tf.identity(values), note

        # A tape follows what depends on something trained, which raw data do not. With a weight of
        # the layer beside them they do; it is given no gradient here.
        weights = layer.trainable_variables[:1] if self._of_raw_data else []
        return tap(sequences, *(tf.convert_to_tensor(weight.value) for weight in weights))

    def on_gradients(self, context: StepContext, gradients: Gradients) -> None:
        # Not before: the scale is that of the optimizer which the gradients were computed for.
        by_layer: dict[str, list[tf.Tensor]] = {}
        for graph, name, gradient in self._passing.gradients:
            if graph is _graph():
                by_layer.setdefault(name, []).append(gradient)
        self._passing.gradients.clear()
        for name, found in by_layer.items():
            self._measure(context, name, found, gradients)

    def _measure(
        self, context: StepContext, name: str, found: list[tf.Tensor], gradients: Gradients
    ) -> None:
        layer, dynamic = self._of_layer[name], gradients.dynamic
        # XLA would round a gradient otherwise that is the operand of a branch, and no branch may
        # hold what replicas exchange.
        at_once = context.compiled or replica_count() > 1
        tensors = {"found": list(layer.squares(found)) if at_once else found}
        if gradients.scale is not None:
            tensors["scale"] = tf.convert_to_tensor(gradients.scale)

        def measure(given: dict[str, Any]) -> None:
            found = given["found"]
            sums, counts = found if at_once else layer.squares(found)
            layer.write(sums, counts, Gradients((), given.get("scale"), dynamic))

        if is_first_replica():
            context.sample(self, measure, tensors, name)

    def collect(self, steps: int) -> Iterator[Measurement]:
        for name, layer in self._of_layer.items():
            rows = layer.rows()
            if rows:
                yield SeriesMetadata(TIME_GRADIENT, rows, name), layer.statistics(steps)


class _Passing(threading.local):
    # Replicas of a distribution strategy trace their steps in a thread each.
    def __init__(self) -> None:
        self.gradients: list[tuple[Any, str, tf.Tensor]] = []


class _OverTime:
    """The norms of one layer, in bins of time steps that the first measured batch decides on."""

    def __init__(self, clock: StepClock) -> None:
        self._accumulator = StepAccumulator(MOST_BINS, clock)
        self._length = host_variable(np.zeros((), np.int64), "stability_time_steps")
        self._rows: tuple[str, ...] = ()

    def squares(self, found: Sequence[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """Returns the sum of squares of each bin and its time steps, float64 ``[bins]``, in graph.

        Args:
          found: Gradients of the calls of a step, ``[samples, time, ...]``.
        """
        sums, counts = [], []
        for gradient in found:
            # A gradient that vanishes has squares that float32 does not hold.
            axes = [0, *range(2, gradient.shape.rank)]
            squares = tf.reduce_sum(tf.square(tf.cast(gradient, tf.float64)), axes)
            time = tf.shape(gradient, out_type=tf.int64)[1]
            length = tf.where(self._length > 0, self._length, time)
            self._length.assign(length)
            bins = tf.minimum(length, MOST_BINS)
            # The inverse of `time_bins`; time steps beyond the last bin belong to it.
            of_step = tf.minimum(((tf.range(time) + 1) * bins - 1) // length, bins - 1)
            sums.append(tf.math.unsorted_segment_sum(squares, of_step, MOST_BINS))
            ones = tf.ones_like(squares)
            counts.append(tf.math.unsorted_segment_sum(ones, of_step, MOST_BINS))
        return sum_over_replicas(tf.add_n(sums)), tf.reduce_max(tf.stack(counts), axis=0)

    def write(self, sums: tf.Tensor, counts: tf.Tensor, gradients: Gradients) -> None:
        """Stores the running step's norms, in graph."""
        norms = tf.cast(tf.sqrt(sums / tf.maximum(counts, 1.0)), tf.float32)
        values = tf.where(counts > 0, unscaled(norms, gradients), tf.fill([MOST_BINS], MISSING))
        self._accumulator.write(values)

    def rows(self) -> tuple[str, ...]:
        """Returns the names of the bins; none before the first measurement."""
        if not self._rows and (length := int(self._length.numpy())):
            self._rows = bin_names(time_bins(length))
        return self._rows

    def statistics(self, steps: int) -> FloatArray:
        """Returns the statistics of each row in the window."""
        return self._accumulator.statistics(steps)[: len(self._rows)]


def _graph() -> Any:
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()

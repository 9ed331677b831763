"""How far one step moves every layer's weights, compared with their norm."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import StepClock, host_variable
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Gradients, Measurement, Probe, StepContext
from tb_stability.capture.statistics import FloatArray
from tb_stability.capture.weights import LayerNorms
from tb_stability.metadata import VALUE, Quantity

UPDATE_RATIO = Quantity(
    name="update_ratio",
    title="Update ratio",
    description=(
        "Norm of the change that one step made to each layer's trainable variables, over the norm "
        "of those variables before it."
    ),
    row_kind="layer",
    statistics=(*VALUE, "count"),
    scale="log",
)


class UpdateRatio(Probe):
    """Measured in one step of each window.

    Where an execution of the train function is one step, the host looks at the weights before and
    after it: in the first step of a window that has been traced before. Where it runs several, the
    first step of each window keeps a copy of the weights, on the device, until it has taken its
    step. A layer whose weights are all zero before the step is not measured.
    """

    name = UPDATE_RATIO.name
    on_host = True

    def __init__(self) -> None:
        self._norms = LayerNorms()
        self._before: list[tf.Tensor] | None = None
        self._found: FloatArray | None = None
        self._inside: _InsideExecution | None = None

    def before_execution(self, context: StepContext) -> None:
        if self._found is None and not _several_steps(context):
            variables = self._norms.variables(context)
            # The values keep their memory: the optimizer writes the new ones beside them.
            self._before = [tf.convert_to_tensor(variable) for variable in variables]

    def after_execution(self, context: StepContext) -> None:
        before, self._before = self._before, None
        if before:
            after = self._norms.variables(context)
            if len(after) == len(before):
                self._found = self._norms.of_changes(before, after).numpy()

    def on_inputs(self, context: StepContext, inputs: Any) -> None:
        if _several_steps(context) and is_first_replica():
            context.sample(self, lambda _: self._measure_inside(context), [])

    def on_gradients(self, context: StepContext, gradients: Gradients) -> None:
        if _several_steps(context) and is_first_replica():
            self._inside = self._inside or _InsideExecution(self._norms, context.clock)
            self._inside.keep(context)

    def _measure_inside(self, context: StepContext) -> None:
        if self._inside is not None:
            self._inside.measure(context)

    def collect(self, steps: int) -> Iterator[Measurement]:
        found = self._found if self._inside is None else self._inside.take()
        self._found = None
        if found is not None:
            yield self._norms.series(UPDATE_RATIO), self._ratios(*found)

    def _ratios(self, taken: FloatArray, weights: FloatArray) -> FloatArray:
        result = self._norms.by_row(taken)
        norms = self._norms.by_row(weights)
        measured = (norms[:, 1] > 0) & (norms[:, 0] != 0)
        result[measured, 0] /= norms[measured, 0]
        result[~measured] = np.nan, 0
        return result


def _several_steps(context: StepContext) -> bool:
    return bool(context.model.steps_per_execution > 1)


class _InsideExecution:
    """The norms of one step among several that one call of the train function runs."""

    def __init__(self, norms: LayerNorms, clock: StepClock) -> None:
        self._norms = norms
        self._clock = clock
        self._copies: list[tf.Variable] = []
        self._kept = host_variable(np.zeros((), np.bool_), "stability_weights_kept")
        self._found: tf.Variable | None = None
        self._measured = host_variable(np.zeros((), np.bool_), "stability_weights_measured")

    def keep(self, context: StepContext) -> None:
        """Copies the weights before the first update of a window, in graph."""
        weights = self._norms.variables(context)
        if [copy.shape for copy in self._copies] != [weight.shape for weight in weights]:
            zeros = [np.zeros(weight.shape, weight.dtype.as_numpy_dtype) for weight in weights]
            self._copies = [host_variable(zero, "stability_weights") for zero in zeros]

        def copy() -> tf.Tensor:
            for kept, weight in zip(self._copies, weights, strict=True):
                kept.assign(weight)
            self._kept.assign(True)
            return tf.constant(0)

        first = tf.equal(context.clock.slot(), 0)
        # Several optimizers, or one in a loop, may come by in one step.
        tf.cond(first & ~self._kept & ~self._measured, copy, lambda: tf.constant(0))

    def measure(self, context: StepContext) -> None:
        """Measures the step if its weights were kept, in graph."""
        weights = self._norms.variables(context)

        def measure() -> tf.Tensor:
            before = [kept.read_value() for kept in self._copies]
            found = self._norms.of_changes(before, weights)
            if self._found is None:
                self._found = host_variable(np.zeros(found.shape, np.float32), "stability_norms")
                self._clock.add(self)
            self._found.assign(found)
            self._kept.assign(False)
            self._measured.assign(True)
            return tf.constant(0)

        if weights and len(weights) == len(self._copies):
            tf.cond(self._kept, measure, lambda: tf.constant(0))

    def take(self) -> FloatArray | None:
        """Returns the norms ``[2, rows]`` of step and weights in the window; None for none."""
        if self._found is None:
            return None
        found, measured = self._clock.take(self)
        return found if measured else None

    def read_and_reset(self) -> list[tf.Tensor]:
        assert self._found is not None
        values = [self._found.read_value(), self._measured.read_value()]
        self._measured.assign(False)
        return values

"""Norm of every layer's weights, and the size of a step compared with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tb_stability.capture.gradient_norm import layer_norms
from tb_stability.capture.layers import LayerRow
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.statistics import FloatArray
from tb_stability.metadata import VALUE, Quantity, SeriesMetadata

WEIGHT_NORM = Quantity(
    name="weight_norm",
    title="Weight norm",
    description="L2 norm of each layer's own trainable variables at the end of the window.",
    row_kind="layer",
    statistics=(*VALUE, "count"),
    scale="log",
)

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


class WeightNorm(Probe):
    """Read by the host between two steps: it takes no part in the step, and costs it nothing."""

    name = WEIGHT_NORM.name
    on_host = True

    def __init__(self) -> None:
        self._context: StepContext | None = None
        self._norms = _LayerNorms()

    def after_execution(self, context: StepContext) -> None:
        self._context = context

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._context is not None:
            variables = self._norms.variables(self._context)
            if variables:
                yield self._norms.series(WEIGHT_NORM), self._norms.of(variables)


class UpdateRatio(Probe):
    """Measured in the first step of a window that has been traced before, once a window.

    Where an execution runs several steps, the weights between them are not to be had: then there
    is no record. A layer whose weights are all zero before the step is not measured.
    """

    name = UPDATE_RATIO.name
    on_host = True

    def __init__(self) -> None:
        self._norms = _LayerNorms()
        self._before: list[tf.Tensor] | None = None
        self._ratio: FloatArray | None = None

    def before_execution(self, context: StepContext) -> None:
        if self._ratio is None and context.model.steps_per_execution == 1:
            variables = self._norms.variables(context)
            # The values keep their memory: the optimizer writes the new ones beside them.
            self._before = [tf.convert_to_tensor(variable) for variable in variables]

    def after_execution(self, context: StepContext) -> None:
        before, self._before = self._before, None
        if not before:
            return
        after = self._norms.variables(context)
        if len(after) != len(before):
            return
        taken = self._norms.of(after, less=before)
        weights = self._norms.of(before)
        measured = (weights[:, 1] > 0) & (weights[:, 0] != 0)
        ratio = np.full_like(taken, np.nan)
        ratio[measured, 0] = taken[measured, 0] / weights[measured, 0]
        ratio[:, 1] = measured
        self._ratio = ratio

    def collect(self, steps: int) -> Iterator[Measurement]:
        ratio, self._ratio = self._ratio, None
        if ratio is not None:
            yield self._norms.series(UPDATE_RATIO), ratio


class _LayerNorms:
    """Joint norms of the trainable variables of each layer."""

    def __init__(self) -> None:
        self._rows: tuple[LayerRow, ...] = ()
        self._segments: list[int] = []
        self._function: Any = None

    def variables(self, context: StepContext) -> list[Any]:
        """Returns the weights that are trained now; the rows are those of the first time."""
        if not context.first_call:
            return []  # before the first trace, layers may be unbuilt and their order is unknown
        self._rows = self._rows or context.rows()
        pairs = [
            (index, variable)
            for index, row in enumerate(self._rows)
            for variable in row.variables
            if variable.trainable
        ]
        segments = [index for index, _ in pairs]
        if segments != self._segments:
            self._segments = segments
            self._function = tf.function(self._norms, autograph=False)
        return [variable.value for _, variable in pairs]

    def series(self, quantity: Quantity) -> SeriesMetadata:
        return SeriesMetadata(quantity, rows=tuple(row.name for row in self._rows))

    def of(self, tensors: list[Any], less: list[Any] | None = None) -> FloatArray:
        """Returns the norm of each row, and 1 where it has tensors and 0 where it has none."""
        rows = sorted(set(self._segments))
        result = np.full((len(self._rows), 2), np.nan, dtype=np.float32)
        result[:, 1] = 0
        result[rows, 0] = self._function(tensors, less).numpy()
        result[rows, 1] = 1
        return result

    def _norms(self, tensors: list[Any], less: list[Any] | None) -> tf.Tensor:
        rows = sorted(set(self._segments))
        segments = [rows.index(segment) for segment in self._segments]
        values = [tf.convert_to_tensor(tensor) for tensor in tensors]
        if less is not None:
            values = [new - old for new, old in zip(values, less, strict=True)]
        return layer_norms(values, segments, len(rows), compiled=False)

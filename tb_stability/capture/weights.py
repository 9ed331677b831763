"""Norm of every layer's weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tb_stability.capture.gradient_norm import layer_norms
from tb_stability.capture.layers import LayerRow
from tb_stability.capture.probe import Gradients, Measurement, Probe, StepContext
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


class WeightNorm(Probe):
    """Read between two steps, with the accumulators: it costs the step nothing."""

    name = WEIGHT_NORM.name

    def __init__(self) -> None:
        self._context: StepContext | None = None
        self._norms = LayerNorms()

    def on_inputs(self, context: StepContext, inputs: Any) -> None:
        self._expect(context)

    def on_gradients(self, context: StepContext, gradients: Gradients) -> None:
        self._expect(context)

    def _expect(self, context: StepContext) -> None:
        if self._context is None:
            self._context = context
            # What is frozen or unfrozen later is read by another function.
            context.clock.add(self, self._norms.outdated)

    def read_and_reset(self) -> list[tf.Tensor]:
        assert self._context is not None
        variables = self._norms.variables(self._context)
        return [self._norms.in_graph(variables)] if variables else []

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._context is None:
            return
        for norms in self._context.clock.take(self):
            yield self._norms.series(WEIGHT_NORM), self._norms.by_row(norms)


class LayerNorms:
    """Joint norms of the trainable variables of each layer."""

    def __init__(self) -> None:
        self._rows: tuple[LayerRow, ...] = ()
        self._segments: list[int] = []
        self._changes: Any = None

    def variables(self, context: StepContext) -> list[Any]:
        """Returns the weights that are trained now; the rows are those of the first time."""
        if not context.first_call:
            return []  # before the first trace, layers may be unbuilt and their order is unknown
        self._rows = self._rows or context.rows()
        pairs = self._trained()
        segments = [index for index, _ in pairs]
        if segments != self._segments:
            self._segments = segments
            self._changes = tf.function(self._of_changes, autograph=False)
        return [variable.value for _, variable in pairs]

    def outdated(self) -> bool:
        """Returns whether other weights are trained by now."""
        return [index for index, _ in self._trained()] != self._segments

    def series(self, quantity: Quantity) -> SeriesMetadata:
        return SeriesMetadata(quantity, rows=tuple(row.name for row in self._rows))

    def in_graph(self, tensors: Sequence[Any]) -> tf.Tensor:
        """Returns the norms of the layers whose `variables` are given."""
        rows = sorted(set(self._segments))
        segments = [rows.index(segment) for segment in self._segments]
        values = [tf.convert_to_tensor(tensor) for tensor in tensors]
        return layer_norms(values, segments, len(rows), compiled=False)

    def of_changes(self, before: Sequence[Any], after: Sequence[Any]) -> tf.Tensor:
        """Returns norms ``[2, layers]``: of the differences, and of what was before."""
        return self._changes(before, after)

    def _of_changes(self, before: Sequence[Any], after: Sequence[Any]) -> tf.Tensor:
        values = [tf.convert_to_tensor(tensor) for tensor in before]
        differences = [new - old for new, old in zip(after, values, strict=True)]
        return tf.stack([self.in_graph(differences), self.in_graph(values)])

    def by_row(self, norms: FloatArray) -> FloatArray:
        """Returns each row's norm, and 1; NaN and 0 for those that have none."""
        rows = sorted(set(self._segments))
        result = np.full((len(self._rows), 2), np.nan, dtype=np.float32)
        result[:, 1] = 0
        result[rows, 0] = norms
        result[rows, 1] = 1
        return result

    def _trained(self) -> list[tuple[int, Any]]:
        return [
            (index, variable)
            for index, row in enumerate(self._rows)
            for variable in row.variables
            if variable.trainable
        ]

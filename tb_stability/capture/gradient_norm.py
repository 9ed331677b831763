"""Gradient norm of every layer in every step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.distribution import is_first_replica, replica_count, sum_over_replicas
from tb_stability.capture.probe import Gradients, Measurement, Probe, StepContext
from tb_stability.capture.statistics import MISSING
from tb_stability.metadata import GRADIENT_NORM, SeriesMetadata

# Squares of float32 lose precision below this and vanish soon after; there the exact way is taken.
_LEAST_SQUARE = 1e-30

# Up to here float64 is cheaper than the branch that avoids it.
_FEW_ELEMENTS = 2**15


class GradientNorm(Probe):
    """Norm of the gradient of the global batch's loss, over each layer's own variables.

    Unscaled, and before clipping. A layer whose gradients are all None is not measured. Where the
    optimizer scales the loss dynamically, a non-finite gradient that a smaller scale may mend is
    not measured either: the optimizer skips that step and lowers the scale.
    """

    name = GRADIENT_NORM.name

    def __init__(self) -> None:
        self._series = SeriesMetadata(GRADIENT_NORM, rows=())
        self._row_of: dict[int, int] = {}
        self._accumulator: StepAccumulator | None = None

    def on_gradients(self, context: StepContext, gradients: Gradients) -> None:
        if self._accumulator is None:
            self._prepare(context)
        accumulator = self._accumulator
        pairs = [pair for pair in gradients.pairs if pair[0] is not None and self._row(pair) >= 0]
        if accumulator is None or not pairs:
            return
        dense = sum_over_replicas([_values(gradient) for gradient, _ in pairs])
        if not is_first_replica():
            return
        rows = sorted({self._row(pair) for pair in pairs})
        segments = [rows.index(self._row(pair)) for pair in pairs]
        norms = layer_norms(dense, segments, len(rows), compiled=context.compiled)
        accumulator.write(unscaled(norms, gradients), rows)

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._accumulator is not None:
            yield self._series, self._accumulator.statistics(steps)

    def _prepare(self, context: StepContext) -> None:
        rows = context.rows()
        if not rows:
            return
        self._series = SeriesMetadata(GRADIENT_NORM, rows=tuple(row.name for row in rows))
        self._row_of = {
            id(variable): index for index, row in enumerate(rows) for variable in row.variables
        }
        self._accumulator = StepAccumulator(len(rows), context.clock)

    def _row(self, pair: tuple[Any, Any]) -> int:
        return self._row_of.get(id(pair[1]), -1)


def layer_norms(
    tensors: Sequence[tf.Tensor], segments: Sequence[int], rows: int, *, compiled: bool
) -> tf.Tensor:
    """Returns the joint L2 norm of the tensors of each row.

    Exact where the squares leave the range of float32, too: a norm is non-finite only where one of
    its elements is, and zero only where all of them are.

    Args:
      tensors: Dense float tensors of any shape.
      segments: Row of each tensor.
      rows: Number of rows.
      compiled: Whether XLA compiles the step.

    Returns:
      float32 ``[rows]``.
    """
    segment_ids = tf.constant(segments, tf.int32)

    def exact() -> tf.Tensor:
        doubles = [tf.cast(tensor, tf.float64) for tensor in tensors]
        halves = tf.stack([tf.nn.l2_loss(double) for double in doubles])
        norms = tf.sqrt(2.0 * tf.math.unsorted_segment_sum(halves, segment_ids, rows))
        largest = tf.constant(tf.float32.max, tf.float64)
        finite = tf.math.is_finite(norms)
        return tf.cast(tf.where(finite, tf.minimum(norms, largest), norms), tf.float32)

    # XLA fuses the cast into the sum, so that float64 costs nothing there. A branch would cost the
    # exactness of training: gradients that are operands of one are rounded differently in the
    # optimizer's update (seen on Adam's momenta).
    if compiled or _elements(tensors) <= _FEW_ELEMENTS:
        return exact()
    halves = tf.stack([tf.nn.l2_loss(tf.cast(tensor, tf.float32)) for tensor in tensors])
    squares = tf.math.unsorted_segment_sum(2.0 * halves, segment_ids, rows)
    in_range = tf.math.is_finite(squares) & (squares > _LEAST_SQUARE)
    return tf.cond(tf.reduce_all(in_range), lambda: tf.sqrt(squares), exact)


def _elements(tensors: Sequence[tf.Tensor]) -> float:
    counts = [tensor.shape.num_elements() for tensor in tensors]
    return sum(float("inf") if count is None else count for count in counts)


def _values(gradient: Any) -> tf.Tensor:
    if not isinstance(gradient, tf.IndexedSlices):
        return _apart(tf.convert_to_tensor(gradient))
    if replica_count() > 1:
        # Slices of different replicas may share an index as well.
        return tf.convert_to_tensor(gradient)
    # The norm of the slices is that of the gradient once those of one index are added up.
    _, segments = tf.unique(gradient.indices)
    count = tf.size(gradient.indices)
    return tf.math.unsorted_segment_sum(_apart(gradient.values), segments, count)


def _apart(tensor: tf.Tensor) -> tf.Tensor:
    """Returns an equal tensor that training does not know of, for a product.

    TensorFlow multiplies a product, such as the gradient of a scale, with the learning rate in an
    order of its own, unless something else makes use of it: to look at it would change its last
    bits. So it is multiplied once more, in float64, or else the two would be taken for one.
    """
    factors = [tensor] if tf.executing_eagerly() else _factors(tensor)
    if len(factors) == 1:
        return tensor
    product = tf.cast(factors[0], tf.float64)
    for factor in factors[1:]:
        product *= tf.cast(factor, tf.float64)
    return tf.cast(product, tensor.dtype)


def _factors(tensor: tf.Tensor) -> list[tf.Tensor]:
    if tensor.op.type != "Mul":
        return [tensor]
    return [factor for part in tensor.op.inputs for factor in _factors(part)]


def unscaled(norms: tf.Tensor, gradients: Gradients) -> tf.Tensor:
    """Returns float32 norms of these gradients as they are without the scaling of the loss.

    `MISSING` stands for a non-finite one that the optimizer skips to try a smaller scale.
    """
    if gradients.scale is None:
        return norms
    scale = tf.cast(gradients.scale, tf.float32)
    if not gradients.dynamic:
        return norms / scale
    skipped = ~tf.math.is_finite(norms) & (scale > 1.0)
    return tf.where(skipped, tf.constant(MISSING, tf.float32), norms / scale)

"""Share of the steps on which gradient clipping was active."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.optimizers import find_optimizers, innermost
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.metadata import Quantity, SeriesMetadata

CLIPPED_FRACTION = Quantity(
    name="clipped_fraction",
    title="Clipped steps",
    description="Whether clipping changed a gradient in a step: 1 or 0. Its mean is the share.",
    row_kind="optimizer",
    view="lines",
)


class ClippedFraction(Probe):
    """Judged by the gradients that the optimizer clips, at the moment it does.

    With gradient accumulation these are the sums of several steps, in the steps that update the
    weights. Under a distribution strategy Keras clips each replica's gradients: the first one's
    are judged. An optimizer without clipping has no row.
    """

    name = CLIPPED_FRACTION.name

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._optimizers: list[int] = []
        self._accumulator: StepAccumulator | None = None

    def on_clip(self, context: StepContext, optimizer: Any, gradients: Sequence[Any]) -> None:
        if self._accumulator is None:
            self._prepare(context)
        if self._accumulator is None or id(optimizer) not in self._optimizers:
            return
        dense = [
            g.values if isinstance(g, tf.IndexedSlices) else g for g in gradients if g is not None
        ]
        if dense and is_first_replica():
            active = tf.cast(_is_clipped(innermost(optimizer), dense), tf.float32)
            row = self._optimizers.index(id(optimizer))
            self._accumulator.write(tf.reshape(active, [1]), [row])

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._accumulator is not None:
            series = SeriesMetadata(CLIPPED_FRACTION, rows=tuple(self._rows))
            yield series, self._accumulator.statistics(steps)

    def _prepare(self, context: StepContext) -> None:
        clipping = {
            name: optimizer
            for name, optimizer in find_optimizers(context.model).items()
            if _threshold(innermost(optimizer))
        }
        self._rows = list(clipping)
        self._optimizers = [id(optimizer) for optimizer in clipping.values()]
        if clipping:
            self._accumulator = StepAccumulator(len(clipping), context.clock)


def _threshold(optimizer: Any) -> float | None:
    return optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue


def _is_clipped(optimizer: Any, gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    # In the order in which Keras looks at its settings.
    if optimizer.clipnorm:
        norms = [tf.sqrt(tf.reduce_sum(tf.square(gradient))) for gradient in gradients]
        return tf.reduce_any(tf.stack(norms) > optimizer.clipnorm)
    if optimizer.global_clipnorm:
        return tf.linalg.global_norm(gradients) > optimizer.global_clipnorm
    largest = [tf.reduce_max(tf.abs(gradient)) for gradient in gradients]
    return tf.reduce_any(tf.stack(largest) > optimizer.clipvalue)

"""Loss of every step, as it is minimised."""

from __future__ import annotations

from collections.abc import Iterator

import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.distribution import is_first_replica, sum_over_replicas
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.metadata import LOSS, SeriesMetadata

_SERIES = SeriesMetadata(LOSS, rows=("loss",))


class Loss(Probe):
    """What `Model.compute_loss` returned for the global batch, regularisation included.

    Keras' own log of the loss is the mean since the epoch began, which dilutes a spike.
    """

    name = LOSS.name

    def __init__(self) -> None:
        self._accumulator: StepAccumulator | None = None

    def on_loss(self, context: StepContext, loss: tf.Tensor) -> None:
        if self._accumulator is None:
            self._accumulator = StepAccumulator(1, context.clock)
        if loss.shape.rank != 0:
            # A loss with more than one element is minimised as its sum.
            loss = tf.reduce_sum(loss)
        loss = sum_over_replicas(tf.cast(loss, tf.float32))
        if is_first_replica():
            self._accumulator.write(tf.reshape(loss, [1]))

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._accumulator is not None:
            yield _SERIES, self._accumulator.statistics(steps)

"""How many samples a step trains on, for the run record."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import host_variable
from tb_stability.capture.distribution import is_first_replica, replica_count
from tb_stability.capture.probe import Probe, StepContext


class BatchSize(Probe):
    """Sampled: the samples of the largest step. It has no series."""

    name = "batch size"

    def __init__(self) -> None:
        self._most = host_variable(np.zeros((), np.int64), "stability_batch_size")

    @property
    def most(self) -> int | None:
        """Samples of the largest step seen; None where unknown. Waits for the device."""
        return int(self._most.numpy()) or None

    def on_inputs(self, context: StepContext, inputs: Any) -> None:
        batches = [one for one in tf.nest.flatten(inputs) if tf.is_tensor(one) and one.shape.rank]
        if not batches or not is_first_replica():
            return
        replicas = replica_count()

        def measure(batch: tf.Tensor) -> None:
            samples = tf.shape(batch, out_type=tf.int64)[0] * replicas
            self._most.assign(tf.maximum(self._most, samples))

        context.sample(self, measure, batches[0])

"""Units that a ReLU holds at zero for every sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tb_stability.capture.activations import by_unit, output_activation
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Call, Measurement, Probe, StepContext
from tb_stability.capture.unit_counts import UnitCounts
from tb_stability.metadata import VALUE, Quantity, SeriesMetadata

DEAD_RELU = Quantity(
    name="dead_relu",
    title="Dead ReLU units",
    description=(
        "Fraction of a ReLU's units (channels of a convolution) that were zero for every sample of "
        "every measured batch in the window."
    ),
    row_kind="layer",
    statistics=(*VALUE, "count"),
)

# With fewer samples, a unit that is merely choosy looks dead: one that fires for 10 % of them is
# silent for 32 in 3 % of windows.
LEAST_SAMPLES = 32


class DeadRelu(Probe):
    """Sampled. A window with fewer than `LEAST_SAMPLES` samples of a layer says nothing of it.

    ReLU as an argument, as a layer, as `Activation`, as an operation in a functional model, as a
    function that a layer's own `call` applies (then ``"block/relu"`` is the row of the one in the
    layer ``"block"``), with `max_value`, and ReLU6; one with a negative slope has no dead units and
    no row. Under a distribution strategy, the first replica's samples are looked at.
    """

    name = DEAD_RELU.name
    functions = True

    def __init__(self) -> None:
        self._alive = UnitCounts("maximum")

    def on_call(self, context: StepContext, call: Call) -> None:
        if output_activation(call.layer) not in ("relu", "relu6") or not is_first_replica():
            return
        units = by_unit(call.layer, call.outputs)
        self._alive.expect(call.name, units.shape[-1], context.clock)

        def measure(units: tf.Tensor) -> None:
            # No summand is negative: the sum is zero where all are, and NaN is not dead.
            fired = tf.reduce_sum(tf.cast(units, tf.float32), axis=0) != 0
            self._alive.add(call.name, tf.cast(fired, tf.float32), tf.shape(units)[0])

        context.sample(self, measure, units, call.name)

    def collect(self, steps: int) -> Iterator[Measurement]:
        values = [
            (np.mean(alive == 0), samples) if samples >= LEAST_SAMPLES else (np.nan, 0)
            for alive, samples in self._alive.take()
        ]
        if values:
            yield SeriesMetadata(DEAD_RELU, rows=self._alive.rows), np.array(values, np.float32)

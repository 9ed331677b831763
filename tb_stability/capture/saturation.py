"""Units that sit at a bound of their sigmoid or tanh."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from tb_stability.capture.activations import by_unit, output_activation
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Call, Measurement, Probe, StepContext
from tb_stability.capture.unit_counts import UnitCounts
from tb_stability.metadata import VALUE, Quantity, SeriesMetadata

SATURATION = Quantity(
    name="saturation",
    title="Saturated units",
    description=(
        "Fraction of a sigmoid's or tanh's units whose output was within 1 % of a bound for at "
        "least 99 % of the samples measured."
    ),
    row_kind="layer",
    statistics=(*VALUE, "count"),
)

_LOWER_BOUND = {"sigmoid": 0.0, "hard_sigmoid": 0.0, "tanh": -1.0, "hard_tanh": -1.0}
_NEAR = 0.01
_SHARE = 0.99


class Saturation(Probe):
    """Sampled. Positions of a sequence or image count as samples of their unit.

    A sigmoid or tanh that a layer's own `call` applies as a function is none of them: most are
    gates, which are meant to open and close, or a part of swish or GELU.
    """

    name = SATURATION.name

    def __init__(self) -> None:
        self._saturated = UnitCounts("sum")

    def on_call(self, context: StepContext, call: Call) -> None:
        lower = _LOWER_BOUND.get(output_activation(call.layer))
        if lower is None or not is_first_replica():
            return
        units = by_unit(call.layer, call.outputs)
        self._saturated.expect(call.name, units.shape[-1], context.clock)

        def measure(units: tf.Tensor) -> None:
            values = tf.cast(units, tf.float32)
            near = (values < lower + _NEAR) | (values > 1.0 - _NEAR)
            count = tf.reduce_sum(tf.cast(near, tf.float32), axis=0)
            self._saturated.add(call.name, count, tf.shape(units)[0])

        context.sample(self, measure, units, call.name)

    def collect(self, steps: int) -> Iterator[Measurement]:
        values = [
            (np.mean(count >= _SHARE * samples), samples) if samples else (np.nan, 0)
            for count, samples in self._saturated.take()
        ]
        if values:
            series = SeriesMetadata(SATURATION, rows=self._saturated.rows)
            yield series, np.array(values, np.float32)

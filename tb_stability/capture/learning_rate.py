"""Learning rate of each optimizer at a window's end."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.capture.optimizers import find_optimizers, innermost, learning_rate
from tb_stability.capture.probe import Measurement, Probe
from tb_stability.metadata import LEARNING_RATE, SeriesMetadata


class LearningRate(Probe):
    """Read on the host: it costs nothing in the step."""

    name = LEARNING_RATE.name

    def __init__(self, model: object) -> None:
        self._model = model
        self._series: SeriesMetadata | None = None

    def collect(self, steps: int) -> Iterator[Measurement]:
        optimizers = find_optimizers(self._model)
        if self._series is None:
            # `compile` always makes an optimizer, which a custom train step may never use.
            used = [name for name, optimizer in optimizers.items() if innermost(optimizer).built]
            self._series = SeriesMetadata(LEARNING_RATE, rows=tuple(used))
        rates = [
            [learning_rate(optimizers[name]) if name in optimizers else np.nan]
            for name in self._series.rows
        ]
        if rates:
            yield self._series, np.array(rates, dtype=np.float32)

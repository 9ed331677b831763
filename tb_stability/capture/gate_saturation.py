"""Gates of LSTM and GRU layers that are stuck open or shut."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from tb_stability.capture.probe import Call, Measurement, Probe, StepContext
from tb_stability.capture.recurrence import Array, CellRun, RecurrentSamples
from tb_stability.metadata import VALUE, Quantity, SeriesMetadata

GATE_SATURATION = Quantity(
    name="gate_saturation",
    title="Saturated gates",
    description=(
        "Fraction of a gate's activations within 1 % of 0 or 1, over units, time steps and a few "
        "samples."
    ),
    row_kind="gate",
    statistics=(*VALUE, "count"),
)

_NEAR = 0.01


class GateSaturation(Probe):
    """Computed from the same runs as the states; rows are ``lstm/forget``, ``gru/reset``."""

    name = GATE_SATURATION.name

    def __init__(self, samples: RecurrentSamples) -> None:
        self._samples = samples
        self._rows: tuple[str, ...] = ()

    def on_call(self, context: StepContext, call: Call) -> None:
        self._samples.keep(self, context, call)

    def collect(self, steps: int) -> Iterator[Measurement]:
        values = {
            f"{run.name}/{gate}": (np.mean((opened < _NEAR) | (opened > 1 - _NEAR)), opened.size)
            for run in self._samples.runs(self)
            for gate, opened in gates(run).items()
        }
        self._rows = self._rows or tuple(values)
        if self._rows:
            table = [values.get(row, (np.nan, 0)) for row in self._rows]
            yield SeriesMetadata(GATE_SATURATION, self._rows), np.array(table, np.float32)


def gates(run: CellRun) -> dict[str, Array]:
    """Returns the activations of each gate of a cell, ``[time, samples, units]``."""
    cell = run.cell
    if isinstance(cell, keras.layers.LSTMCell):
        names = {"input": 0, "forget": 1, "output": 3}
    elif isinstance(cell, keras.layers.GRUCell):
        names = {"update": 0, "reset": 1}
    else:
        return {}
    kernel = np.asarray(cell.kernel, np.float32)
    recurrent = np.asarray(cell.recurrent_kernel, np.float32)
    before = np.concatenate([run.first_states[0][np.newaxis], run.states[0][:-1]])
    total = run.inputs @ kernel + before @ recurrent
    if cell.use_bias:
        # A GRU that resets after the product has a bias for each of the two products.
        total = total + np.atleast_2d(np.asarray(cell.bias, np.float32)).sum(axis=0)
    units = cell.units
    parts = {name: total[..., index * units : (index + 1) * units] for name, index in names.items()}
    return {
        name: np.asarray(cell.recurrent_activation(keras.ops.convert_to_tensor(part)))
        for name, part in parts.items()
    }

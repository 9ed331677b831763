"""State of recurrent layers: of each layer, and over the time steps of each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import keras
import numpy as np

from tb_stability.capture.probe import Call, Measurement, Probe, StepContext
from tb_stability.capture.recurrence import Array, CellRun, RecurrentSamples
from tb_stability.metadata import Quantity, SeriesMetadata

# `mean` is of the absolute values; `min` and `max` are of the values themselves.
STATISTICS = ("mean", "min", "max", "nonfinite", "count")

# More time steps than this are shown in bins of several.
MOST_BINS = 64

_DESCRIPTION = (
    "Over a few samples, without dropout and with the weights of the window's end: mean of the "
    "absolute values, minimum, maximum."
)


class _State(Probe):
    title = ""

    def __init__(self, samples: RecurrentSamples) -> None:
        self._samples = samples
        self._rows: tuple[str, ...] = ()
        self._edges: dict[str, list[int]] = {}

    def on_call(self, context: StepContext, call: Call) -> None:
        self._samples.keep(self, context, call)

    def collect(self, steps: int) -> Iterator[Measurement]:
        runs = [run for run in self._samples.runs(self) if self._applies(run)]
        states = {run.name: run.in_time(run.states[-1]) for run in runs}
        self._rows = self._rows or tuple(states)
        if not self._rows:
            return
        layers = [_statistics(states.get(name)) for name in self._rows]
        yield SeriesMetadata(self._quantity("layer"), self._rows), np.stack(layers)
        for name in self._rows:
            if name in states:
                yield self._over_time(name, states[name])

    def _applies(self, run: CellRun) -> bool:
        raise NotImplementedError

    def _over_time(self, name: str, state: Array) -> Measurement:
        # The rows are those of the first window; later steps than it had belong to the last.
        edges = self._edges.setdefault(name, time_bins(len(state)))
        parts = [
            state[start:end] for start, end in zip(edges[:-1], [*edges[1:-1], None], strict=True)
        ]
        series = SeriesMetadata(self._quantity("time step"), bin_names(edges), name)
        return series, np.stack([_statistics(part) for part in parts])

    def _quantity(self, row_kind: str) -> Quantity:
        return Quantity(self.name, self.title, _DESCRIPTION, row_kind, STATISTICS, scale="log")


class CellState(_State):
    """Cell state c of every LSTM cell."""

    name = "cell_state"
    title = "Cell state"

    def _applies(self, run: CellRun) -> bool:
        return isinstance(run.cell, keras.layers.LSTMCell)


class HiddenState(_State):
    """Hidden state h of every GRU and SimpleRNN cell."""

    name = "hidden_state"
    title = "Hidden state"

    def _applies(self, run: CellRun) -> bool:
        return isinstance(run.cell, (keras.layers.GRUCell, keras.layers.SimpleRNNCell))


def time_bins(steps: int) -> list[int]:
    """Returns the edges of at most `MOST_BINS` bins of near equal numbers of time steps.

    Example:

    >>> time_bins(3)
    [0, 1, 2, 3]
    """
    bins = max(1, min(steps, MOST_BINS))
    return [steps * index // bins for index in range(bins + 1)]


def bin_names(edges: list[int]) -> tuple[str, ...]:
    """Returns the names of bins: first and last time step, counted from 0.

    Example:

    >>> bin_names([0, 1, 3])
    ('0', '1-2')
    """
    return tuple(
        str(start) if end - start <= 1 else f"{start}-{end - 1}"
        for start, end in itertools.pairwise(edges)
    )


def _statistics(values: Array | None) -> Array:
    """Returns `STATISTICS` over the finite values; the last other one where none is finite."""
    if values is None or not values.size:
        return np.array([np.nan, np.nan, np.nan, 0, 0], np.float32)
    finite = values[np.isfinite(values)]
    if not finite.size:
        finite = values.ravel()[-1:]
    nonfinite = values.size - np.isfinite(values).sum()
    mean = np.abs(finite).mean(dtype=np.float64)
    return np.array([mean, finite.min(), finite.max(), nonfinite, values.size], np.float32)

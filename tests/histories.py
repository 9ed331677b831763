"""Epoch logs as programs write them, without steps: healthy ones and faulty ones.

A history takes a seeded generator and returns columns of a CSVLogger file by name. They stand for
what people train: the numbers are made up, the shapes are not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tb_stability.csv_log import parse_csv_log
from tb_stability.series import RunSeries

Columns = dict[str, Any]
History = Callable[[np.random.Generator], Columns]


def run_of(columns: Mapping[str, Any]) -> RunSeries:
    """Returns the run that a log with these columns, all of one length, is read as."""
    header = ",".join(["epoch", *columns])
    table = np.column_stack([np.asarray(column, np.float64) for column in columns.values()])
    rows = [",".join([str(epoch), *map(repr, row)]) for epoch, row in enumerate(table.tolist())]
    return parse_csv_log("log", [header, *rows])


def decay(epochs: int, rate: float) -> np.ndarray:
    return np.exp(-np.arange(epochs) / rate)


def classifier(
    rng: np.random.Generator, epochs: int, noise: float = 0.02
) -> tuple[np.ndarray, np.ndarray]:
    """Loss and accuracy of ten classes that are learnt, to 0.3 and 0.92."""
    left = decay(epochs, max(epochs / 6, 1.5))
    loss = (0.3 + 2.0 * left) * (1 + noise * rng.standard_normal(epochs))
    accuracy = 0.92 - 0.82 * left + 0.3 * noise * rng.standard_normal(epochs)
    return loss, np.clip(accuracy, 0, 1)

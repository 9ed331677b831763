"""Runs that rules are tested on, and what is told of them."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.metadata import Quantity
from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.series import RunSeries
from tests import signals, synthetic

RANGE = ("mean", "std", "min", "max", "nonfinite", "count")


def with_quantity(run: RunSeries, name: str, values: np.ndarray) -> RunSeries:
    """Adds a quantity of two layers, value and count, to a run; NaN is missing."""
    quantity = Quantity(name, name, "", "layer", ("value", "count"))
    table = np.stack([values, np.isfinite(values).astype(float)], axis=-1).astype(np.float32)
    series = synthetic.series(quantity, table, run.windows, ("first", "second"))
    return dataclasses.replace(run, series=(*run.series, series))


def told(run: RunSeries, kind: str, thresholds: Thresholds | None = None) -> list[Onset]:
    """Returns the onsets of one kind."""
    return [onset for onset in find_onsets(run, thresholds) if onset.kind == kind]


def falling_run(onset: int | None = None) -> RunSeries:
    loss = signals.falling(np.random.default_rng(0), points=40)
    return synthetic.run(loss if onset is None else signals.stepped(loss, onset, 3.0))


def rows(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    return np.stack([first, second], axis=1)


ZERO = np.zeros(40)
GUESSING = np.full(8, np.log(8))


def stuck_run(norms: list[float]) -> RunSeries:
    loss = np.full(12, 2.3)
    run = synthetic.run(loss, gradients=np.tile(norms, (12, 1)))
    run.series[0].values[...] = synthetic.per_step(loss, noise=0.01)
    return run


def classifier(
    loss: np.ndarray,
    accuracy: np.ndarray,
    *,
    classes: int = 8,
    size: float = 2.0,
    spread: float = 4,
) -> RunSeries:
    """A run of two windows an epoch with logits of so many classes."""
    run = synthetic.run(np.repeat(loss, 2), logs={"loss": loss, "accuracy": accuracy})
    record = dataclasses.replace(synthetic.run_record(), loss="sparse_categorical_crossentropy")
    count = len(run.windows)
    described = {"mean_abs": size, "spread": spread}
    logits = [
        synthetic.series(
            Quantity("logits", group, "", "output"),
            synthetic.per_step(np.full(count, level)),
            run.windows,
            ("output",),
            row_group=group,
        )
        for group, level in described.items()
    ]
    rows = [str(index) for index in range(classes)]
    table = synthetic.per_step(np.ones((count, classes)))
    by_class = synthetic.series(
        Quantity("class_logits", "class_logits", "", "class"), table, run.windows, rows
    )
    return dataclasses.replace(run, series=(*run.series, *logits, by_class), record=record)


def with_shares(run: RunSeries, shares: list[float]) -> RunSeries:
    quantity = Quantity("labels", "labels", "", "class", ("value", "count"))
    table = np.array([[share, 640.0] for share in shares], np.float32)
    values = np.tile(table, (len(run.windows), 1, 1))
    classes = [str(index) for index in range(len(shares))]
    series = synthetic.series(quantity, values, run.windows, classes)
    return dataclasses.replace(run, series=(*run.series, series))


def with_targets(run: RunSeries, mean: float, std: float, loss: str = "mse") -> RunSeries:
    row = np.array([mean, std, mean - std, mean + std, 0, 640], np.float32)
    values = np.tile(row, (len(run.windows), 1, 1))
    quantity = Quantity("targets", "targets", "", "output", RANGE)
    series = synthetic.series(quantity, values, run.windows, ("output",))
    record = dataclasses.replace(synthetic.run_record(), loss=loss)
    return dataclasses.replace(run, series=(*run.series, series), record=record)

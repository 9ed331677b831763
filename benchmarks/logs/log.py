"""What a log is: columns of numbers, and what must be told of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tb_stability.csv_log import parse_csv_log
from tb_stability.onsets import Onset, find_onsets
from tb_stability.series import RunSeries
from tests import histories
from tests.histories import Columns, History

STUCK = ("not_learning", "chance_accuracy")


@dataclasses.dataclass(frozen=True)
class Log:
    """Columns of a file, and what must be told of them.

    Attributes:
      history: Makes the columns of a CSVLogger file, by name; with a column `step`, a row is so
        many steps, else an epoch.
      kinds: One of these must be told, as a warning at least; nothing where it is healthy.
      first: First row at which the first of these may set in; rows count from 0.
      last: The last such row.
      may_show: Kinds that are true beside.
      held_out: Whether no rule was changed after a look at it.
    """

    history: History
    kinds: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    may_show: tuple[str, ...] = ()
    held_out: bool = False

    def faults(self, seed: int) -> list[str]:
        """Returns what is wrong with what the engine tells of it, nothing where all is right."""
        columns = self.history(np.random.default_rng(seed))
        told = [item for item in find_onsets(run_of(columns)) if item.severity != "info"]
        faults = [
            f"unexpected {item.severity} {item.kind}: {item.message}"
            for item in told
            if item.kind not in (*self.kinds, *self.may_show)
        ]
        expected = next((item for item in told if item.kind in self.kinds), None)
        if self.kinds and expected is None:
            return [f"missed {' or '.join(self.kinds)}", *faults]
        if expected is not None and not self.first <= _row(columns, expected) <= self.last:
            where = f"{expected.kind} at row {_row(columns, expected)}"
            faults.append(f"{where}, expected from {self.first} to {self.last}")
        return faults


LOGS: dict[str, Log] = {}


def healthy(
    *, may_show: Sequence[str] = (), held_out: bool = False
) -> Callable[[History], History]:
    """Adds a history of which nothing may be told above an info, but for `may_show`."""

    def add(history: History) -> History:
        LOGS[history.__name__] = Log(history, may_show=tuple(may_show), held_out=held_out)
        return history

    return add


def faulty(
    *kinds: str, at: tuple[int, int], may_show: Sequence[str] = (), held_out: bool = False
) -> Callable[[History], History]:
    """Adds a history of which one of some kinds must be told, between two rows."""

    def add(history: History) -> History:
        LOGS[history.__name__] = Log(history, kinds, *at, tuple(may_show), held_out)
        return history

    return add


def run_of(columns: Columns) -> RunSeries:
    """Returns the run that a log with these columns is read as."""
    if not {"step", "epoch"} & set(columns):
        return histories.run_of(columns)
    table = np.column_stack([np.asarray(column, np.float64) for column in columns.values()])
    rows = [",".join(map(repr, row)) for row in table.tolist()]
    return parse_csv_log("log", [",".join(columns), *rows])


def steps(loss: np.ndarray, every: int = 1, **columns: np.ndarray) -> Columns:
    """Returns the log of a program that writes a row each so many steps, and knows no epochs."""
    return {"step": every * np.arange(1, len(loss) + 1), "loss": loss, **columns}


def batches(rng: np.random.Generator, level: np.ndarray, shape: float = 3.0) -> np.ndarray:
    """Returns losses of single batches about a level: gamma noise, which is skewed to the right."""
    return level * rng.gamma(shape, 1 / shape, len(level))


def _row(columns: Columns, onset: Onset) -> int:
    if "step" not in columns:
        return onset.epoch
    return int(np.searchsorted(np.asarray(columns["step"]), onset.step))

"""Reads back what a callback wrote, with nothing of the package but the contract."""

from __future__ import annotations

import dataclasses
import pathlib
from typing import Any

import numpy as np
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.util import tensor_util

from tb_stability.metadata import parse_plugin_metadata
from tb_stability.record import RunRecord


@dataclasses.dataclass
class RecordedSeries:
    """One tag of an event file: its rows, and the step and values of each record."""

    rows: tuple[str, ...]
    statistics: tuple[str, ...]
    steps: list[int] = dataclasses.field(default_factory=list)
    values: list[Any] = dataclasses.field(default_factory=list)

    def statistic(self, name: str) -> np.ndarray:
        """Returns one statistic, ``[records, rows]``."""
        return np.stack(self.values)[:, :, self.statistics.index(name)]

    def of_row(self, row: str, name: str = "last") -> np.ndarray:
        return self.statistic(name)[:, self.rows.index(row)]


def event_files(log_dir: Any) -> list[pathlib.Path]:
    return sorted(pathlib.Path(log_dir).glob("*.stability"))


def events(log_dir: Any) -> list[Any]:
    return [event for path in event_files(log_dir) for event in EventFileLoader(str(path)).Load()]


def read_series(log_dir: Any) -> dict[str, RecordedSeries]:
    """Returns all float series of a directory, by tag."""
    found: dict[str, RecordedSeries] = {}
    for event in events(log_dir):
        for value in event.summary.value:
            if value.tag == "stability/run_record":
                continue
            if value.tag not in found:
                metadata = parse_plugin_metadata(value.metadata.plugin_data.content)
                found[value.tag] = RecordedSeries(metadata.rows, metadata.quantity.statistics)
            found[value.tag].steps.append(event.step)
            found[value.tag].values.append(tensor_util.make_ndarray(value.tensor))
    return found


def read_records(log_dir: Any) -> list[RunRecord]:
    """Returns the run records in the order in which they were written."""
    return [
        RunRecord.from_json(tensor_util.make_ndarray(value.tensor).item().decode())
        for event in events(log_dir)
        for value in event.summary.value
        if value.tag == "stability/run_record"
    ]

"""Reads what `keras.callbacks.CSVLogger` writes: epoch logs, without steps."""

from __future__ import annotations

import csv
from collections.abc import Sequence

import numpy as np

from tb_stability.metadata import EPOCH_LOGS, SeriesMetadata
from tb_stability.series import IntArray, RunSeries, Series, Windows

_SEPARATORS = (",", ";", "\t")


class CsvLogError(ValueError):
    """Raised for a file that is no CSVLogger file; its text says what was found instead."""


def parse_csv_log(run: str, lines: Sequence[str]) -> RunSeries:
    """Returns the epoch logs of a CSVLogger file as a run whose steps are its epochs.

    A file that several calls of `fit` appended to is read on: where the epochs start anew they are
    counted on from the last. A cell that is no number, such as the ``NA`` of a value that an epoch
    lacks, is missing.

    Args:
      run: Name to give to the run.
      lines: The lines of the file, header first; cells between commas, semicolons or tabs.

    Raises:
      CsvLogError: If there is no column ``epoch``, no other column, no line beside the header, or
        an epoch that is no number.
    """
    header = lines[0] if lines else ""
    separator = max(_SEPARATORS, key=header.count)
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=separator) if row]
    names = rows[0] if rows else []
    if "epoch" not in names or len(names) < 2:
        raise CsvLogError(
            f"its first line is {header.strip()[:200]!r}; expected a header with 'epoch' and at "
            "least one more name, as keras.callbacks.CSVLogger writes it"
        )
    body = [row for row in rows[1:] if row != names]  # the header again, where `fit` appended
    if not body:
        raise CsvLogError("it holds a header, but no epoch yet")
    cells = {name: [_number(row, column) for row in body] for column, name in enumerate(names)}
    epoch = _counted_on(cells.pop("epoch"))
    return RunSeries(
        run=run,
        windows=Windows(first_step=epoch, last_step=epoch, epoch=epoch),
        series=tuple(_series(name, epoch, values) for name, values in cells.items()),
        notes=("Read from a CSVLogger file: it knows no steps, so step means epoch.",),
    )


def _number(row: list[str], column: int) -> float | None:
    try:
        return float(row[column])
    except (ValueError, IndexError):
        return None


def _counted_on(epochs: list[float | None]) -> IntArray:
    counted: list[int] = []
    offset = 0
    for line, epoch in enumerate(epochs, start=2):
        if epoch is None or not np.isfinite(epoch):
            raise CsvLogError(f"line {line} has no epoch number")
        if counted and int(epoch) + offset <= counted[-1]:
            offset = counted[-1] + 1 - int(epoch)
        counted.append(int(epoch) + offset)
    return np.array(counted, dtype=np.int64)


def _series(name: str, epoch: IntArray, values: list[float | None]) -> Series:
    known = [index for index, value in enumerate(values) if value is not None]
    present = np.array([values[index] for index in known], dtype=np.float32)
    return Series(
        metadata=SeriesMetadata(EPOCH_LOGS, rows=(name,), row_group=name),
        step=epoch[known],
        first_step=epoch[known],
        epoch=epoch[known],
        wall_time=np.full(len(known), np.nan),
        values=present.reshape(-1, 1, 1),
    )

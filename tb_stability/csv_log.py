"""Reads what `keras.callbacks.CSVLogger` and its likes write."""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np

from tb_stability.assemble_points import run_of_epochs, run_of_steps, steps_are_epochs
from tb_stability.log_names import EPOCH, VALIDATION_PREFIX, parse_log_name
from tb_stability.points import Points, points_in_order
from tb_stability.series import RunSeries

_SEPARATORS = (",", ";", "\t")
_STEPS = ("step", "steps", "global_step", "iteration", "iter")

_MOST = 2**53  # beyond it, a float no longer tells two numbers apart

Column = list[float | None]


class CsvLogError(ValueError):
    """Raised for a file that is no CSVLogger file; its text says what was found instead."""


def parse_csv_log(run: str, lines: Sequence[str]) -> RunSeries:
    """Returns the values of a CSVLogger file as a run.

    Where each row is an epoch, the run's steps are its epochs. A file that several calls of `fit`
    appended to is read on: where the epochs start anew they are counted on from the last. Other
    loggers write several rows an epoch: where there is a column ``step``, or the epochs are
    fractions, the rows are steps.

    Columns keep their names, but for those that mean what Keras calls otherwise: ``train_loss`` and
    ``valid_loss``, as fast.ai writes them, become ``loss`` and ``val_loss`` (see
    `tb_stability.log_names`). A cell that is no number, such as the ``NA`` of a value that an epoch
    lacks, is missing; a column without any number is left out.

    Args:
      run: Name to give to the run.
      lines: The lines of the file, header first; cells between commas, semicolons or tabs.

    Raises:
      CsvLogError: If there is no column ``epoch`` or ``step``, no other column, two of one name,
        no line beside the header, or an epoch or step that is no number.
    """
    header = lines[0] if lines else ""
    rows = _rows(lines, separator=max(_SEPARATORS, key=header.count))
    names = rows[0] if rows else []
    counters = {
        kind: name for name in reversed(names) for kind in [_counter(name)] if kind is not None
    }
    if not counters or len(names) == len(counters):
        raise CsvLogError(
            f"its first line is {header.strip()[:200]!r}; expected a header with 'epoch' and at "
            "least one more name, as keras.callbacks.CSVLogger writes it"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise CsvLogError(f"its header names {twice!r} twice")
    body = [row for row in rows[1:] if row != names]  # the header again, where `fit` appended
    if not body:
        raise CsvLogError("it holds a header, but no epoch yet")
    columns = {name: [_number(row, index) for row in body] for index, name in enumerate(names)}
    counts = {kind: _counts(kind, columns.pop(name)) for kind, name in counters.items()}
    if not any(value is not None for column in columns.values() for value in column):
        raise CsvLogError("it holds no number beside its epochs")
    return _assemble(run, counts, _named_as_keras_does(columns))


def _rows(lines: Sequence[str], separator: str) -> list[list[str]]:
    try:
        found = list(csv.reader(lines, delimiter=separator))
    except csv.Error as error:  # such as a cell of more than 131072 letters
        raise CsvLogError(str(error)) from error
    return [[cell.strip() for cell in row] for row in found if row]


def _counter(name: str) -> str | None:
    """Returns whether a column counts epochs or steps."""
    if name.lower() == EPOCH:
        return EPOCH
    return "step" if name.lower() in _STEPS else None


def _number(row: list[str], index: int) -> float | None:
    try:
        return float(row[index])
    except (ValueError, IndexError):
        return None


def _counts(kind: str, column: Column) -> list[float]:
    counts = []
    for line, value in enumerate(column, start=2):
        if value is None or not 0 <= value < _MOST:
            raise CsvLogError(f"line {line} has no {kind} number")
        counts.append(value)
    return counts


def _named_as_keras_does(columns: dict[str, Column]) -> dict[str, Column]:
    named: dict[str, Column] = {}
    for name, column in columns.items():
        parsed = parse_log_name(name)
        known = name
        if parsed is not None:
            known = (VALIDATION_PREFIX if parsed.validation else "") + parsed.meaning
        # The plain name stays with the column that has it, or else with the first that means it.
        named[name if known in columns or known in named else known] = column
    return named


def _assemble(run: str, counts: dict[str, list[float]], columns: dict[str, Column]) -> RunSeries:
    epochs, steps = counts.get(EPOCH), counts.get("step")
    if epochs is not None and _is_row_an_epoch(epochs, steps):
        counted = _counted_on(epochs)
        note = "Read from a CSVLogger file: it knows no steps, so step means epoch."
        return _with_note(run_of_epochs(run, _points(columns, counted)), note)
    # Rows are counted where nothing else counts them.
    step = list(range(1, len(epochs or ()) + 1)) if steps is None else [int(step) for step in steps]
    points_of = _points(columns, step)
    if epochs is None and steps_are_epochs(points_of):
        note = "Read from a file without epochs: its steps are taken for them."
        return _with_note(run_of_epochs(run, points_of), note)
    curve = points_of.get("loss") or points_of.get("val_loss") or next(iter(points_of.values()))
    epoch = None if epochs is None else points_in_order(EPOCH, step, step, epochs)
    note = "Read from a file with a row every few steps."
    return _with_note(run_of_steps(run, points_of, curve, epoch), note)


def _is_row_an_epoch(epochs: Sequence[float], steps: Sequence[float] | None) -> bool:
    if any(epoch % 1 for epoch in epochs):
        return False
    return steps is None or len(set(epochs)) == len(epochs)


def _counted_on(epochs: Iterable[float]) -> list[int]:
    counted: list[int] = []
    offset = 0
    for epoch in epochs:
        if counted and int(epoch) + offset <= counted[-1]:
            offset = counted[-1] + 1 - int(epoch)
        counted.append(int(epoch) + offset)
    return counted


def _points(columns: dict[str, Column], step: Sequence[int]) -> dict[str, Points]:
    found = {}
    for name, column in columns.items():
        known = [(at, value) for at, value in zip(step, column, strict=True) if value is not None]
        if known:
            steps, values = zip(*known, strict=True)
            found[name] = points_in_order(name, steps, np.full(len(known), np.nan), values)
    return found


def _with_note(run: RunSeries, note: str) -> RunSeries:
    return dataclasses.replace(run, notes=(note, *run.notes))

"""The arguments of every command that judges runs, and the runs that they name."""

from __future__ import annotations

import argparse
import dataclasses
import fnmatch
import os
from collections.abc import Iterator, Sequence

from tb_stability.commands.command import CommandError
from tb_stability.csv_log import CsvLogError, parse_csv_log
from tb_stability.logdir import LogdirError, open_logdir
from tb_stability.onsets import Onset, ThresholdError, Thresholds, find_onsets
from tb_stability.series import RunSeries


@dataclasses.dataclass(frozen=True, eq=False)
class JudgedRun:
    """A run and what the engine found in it.

    Attributes:
      label: The run's name; with its path, where several paths were given.
      path: The path that it was read from, as it was given.
      series: What was measured.
      onsets: In order of step; `cause` is an index in this list.
      notes: Sentences for the reader.
    """

    label: str
    path: str
    series: RunSeries
    onsets: tuple[Onset, ...]
    notes: tuple[str, ...]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the paths, ``--run`` and ``--threshold``."""
    parser.add_argument(
        "paths",
        metavar="LOGDIR",
        nargs="+",
        help="a logdir, local or remote, or a CSVLogger file (*.csv); one or several",
    )
    parser.add_argument(
        "--run",
        metavar="NAME",
        dest="run_names",
        action="append",
        default=[],
        help="only this run; * and ? stand for any characters; may be given several times",
    )
    parser.add_argument(
        "--threshold",
        metavar="NAME=VALUE",
        type=_assignment,
        action="append",
        default=[],
        help="replace a threshold, e.g. gradient_factor=5; may be given several times",
    )


def judge(options: argparse.Namespace) -> list[JudgedRun]:
    """Returns the runs that the arguments name, each with its onsets.

    Raises:
      CommandError: If a path cannot be read, no run has a name asked for, or there is no such
        threshold.
    """
    thresholds = thresholds_of(options)
    judged = [run for path in options.paths for run in judge_path(path, thresholds)]
    if len(options.paths) > 1:
        judged = [dataclasses.replace(run, label=_with_path(run)) for run in judged]
    return _named(judged, options.run_names)


def thresholds_of(options: argparse.Namespace) -> Thresholds:
    """Returns the defaults, with those replaced that the arguments name.

    Raises:
      CommandError: If there is no such threshold, or its value is impossible.
    """
    try:
        return Thresholds.from_mapping(dict(options.threshold))
    except ThresholdError as error:
        raise CommandError(str(error)) from error


def judge_path(path: str, thresholds: Thresholds) -> list[JudgedRun]:
    """Returns the runs of a logdir, or the one run of a CSVLogger file.

    Raises:
      CommandError: If the path cannot be read.
    """
    try:
        runs = list(_read_runs(path))
    except (LogdirError, CsvLogError) as error:
        raise CommandError(str(error)) from error
    return [
        JudgedRun(run.run, path, run, tuple(find_onsets(run, thresholds)), run.notes)
        for run in runs
    ]


def _read_runs(path: str) -> Iterator[RunSeries]:
    if path.endswith(".csv") and os.path.isfile(path):
        name = os.path.splitext(os.path.basename(path))[0]
        try:
            with open(path, encoding="utf-8-sig", newline="") as file:
                yield parse_csv_log(name, file.readlines())
        except (CsvLogError, UnicodeDecodeError) as error:
            raise CsvLogError(f"{path} is no CSVLogger file: {error}.") from error
        except OSError as error:
            raise CsvLogError(f"{path} cannot be read: {error.strerror}.") from error
        return
    reader, experiment_id = open_logdir(path)
    for _, run in reader.read_all(experiment_id=experiment_id):
        yield run


def _with_path(run: JudgedRun) -> str:
    if run.path.endswith(".csv") or run.label == ".":
        return run.path
    return f"{run.path.rstrip('/')}/{run.label}"


def _named(judged: list[JudgedRun], patterns: Sequence[str]) -> list[JudgedRun]:
    for pattern in patterns:
        if not any(_is_named(run, pattern) for run in judged):
            names = ", ".join(run.label for run in judged)
            raise CommandError(f"There is no run {pattern!r}. The runs are: {names}.")
    if not patterns:
        return judged
    return [run for run in judged if any(_is_named(run, pattern) for pattern in patterns)]


def _is_named(run: JudgedRun, pattern: str) -> bool:
    return any(
        name == pattern or fnmatch.fnmatchcase(name, pattern)
        for name in (run.label, run.series.run)
    )


def _assignment(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = None
    if not equals or number is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE with a number as value")
    return name, int(number) if value.lstrip("+-").isdigit() else number

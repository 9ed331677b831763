"""The command ``tb-stability``."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from tensorboard.backend import json_util

from tb_stability.csv_log import CsvLogError, parse_csv_log
from tb_stability.logdir import LogdirError, open_logdir
from tb_stability.onsets import Onset, ThresholdError, Thresholds, find_onsets
from tb_stability.series import RunSeries
from tb_stability.version import __version__

EXIT_STABLE = 0
EXIT_UNSTABLE = 1
EXIT_UNREADABLE = 2

Judged = tuple[RunSeries, list[Onset]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status; the entry point of ``tb-stability``."""
    options = _parser().parse_args(arguments)
    try:
        thresholds = Thresholds.from_mapping(dict(options.threshold))
        judged = [(run, find_onsets(run, thresholds)) for run in read_runs(options.path)]
    except (LogdirError, CsvLogError, ThresholdError) as error:
        print(f"tb-stability: {error}", file=sys.stderr)
        return EXIT_UNREADABLE
    (_print_json if options.format == "json" else _print_text)(judged, sys.stdout)
    serious = any(onset.severity != "info" for _, onsets in judged for onset in onsets)
    return EXIT_UNSTABLE if serious else EXIT_STABLE


def read_runs(path: str) -> list[RunSeries]:
    """Returns the runs in a logdir, or the one run of a CSVLogger file.

    Raises:
      LogdirError: If the path cannot be read as a logdir.
      CsvLogError: If it is a ``.csv`` file that CSVLogger has not written.
    """
    if path.endswith(".csv") and os.path.isfile(path):
        name = os.path.splitext(os.path.basename(path))[0]
        try:
            with open(path, encoding="utf-8", newline="") as file:
                return [parse_csv_log(name, file.readlines())]
        except (CsvLogError, UnicodeDecodeError) as error:
            raise CsvLogError(f"{path} is no CSVLogger file: {error}.") from error
    reader, experiment_id = open_logdir(path)
    runs = reader.list_runs(experiment_id=experiment_id)
    return [reader.read(run, experiment_id=experiment_id)[1] for run in runs]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tb-stability", description="Onsets of instability in Keras training runs."
    )
    parser.add_argument("--version", action="version", version=f"tb-stability {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    check = commands.add_parser(
        "check",
        help="print the onsets of every run",
        description=(
            "Prints the onsets of every run. Exit status 0: none of severity warning or above; "
            "1: some; 2: the path could not be read."
        ),
    )
    check.add_argument("path", metavar="LOGDIR", help="a logdir, or a CSVLogger file (*.csv)")
    check.add_argument("--format", choices=("text", "json"), default="text")
    check.add_argument(
        "--threshold",
        metavar="NAME=VALUE",
        type=_assignment,
        action="append",
        default=[],
        help="replace a threshold, e.g. gradient_factor=5; may be given several times",
    )
    return parser


def _assignment(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    try:
        number = float(value)
    except ValueError:
        number = None
    if not equals or number is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE with a number as value")
    return name, int(number) if value.lstrip("+-").isdigit() else number


def _print_json(judged: Sequence[Judged], out: TextIO) -> None:
    runs = [_run_entry(run, onsets) for run, onsets in judged]
    # As TensorBoard does: JSON has no NaN and no infinities, so they become strings.
    json.dump(json_util.Cleanse({"runs": runs}), out, indent=2)
    print(file=out)


def _run_entry(run: RunSeries, onsets: Sequence[Onset]) -> dict[str, Any]:
    return {
        "run": run.run,
        "epochs": run.epochs,
        "steps": run.steps,
        "onsets": [onset.to_dict() for onset in onsets],
        "notes": list(run.notes),
    }


def _print_text(judged: Sequence[Judged], out: TextIO) -> None:
    for run, onsets in judged:
        verdict = "no onsets" if not onsets else f"{len(onsets)} onset{'s' * (len(onsets) > 1)}"
        print(f"{run.run}: {run.epochs} epochs, {run.steps} steps, {verdict}", file=out)
        for onset in onsets:
            # What an earlier onset explains stands beneath it.
            indent = "  " if onset.cause is None else "    then: "
            print(f"{indent}{onset.severity} {onset.kind}: {onset.message}", file=out)
            if onset.cause is None:
                for remedy in onset.remedies:
                    code = f"  {remedy.code}" if remedy.code else ""
                    print(f"      try: {remedy.text}{code}", file=out)
        for note in run.notes:
            print(f"  note: {note}", file=out)


if __name__ == "__main__":
    sys.exit(main())

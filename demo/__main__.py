"""``python -m demo``: train the demo cases, faulty and fixed, into a logdir."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from demo.case import DemoCase, DemoRun, DemoSweep
from demo.cases import CASES
from demo.run_directory import clear_run_directory

WINDOW_STEPS = 10


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--logdir", type=Path, default=Path("logs/demo"))
    parser.add_argument(
        "--case",
        nargs="+",
        metavar="NAME",
        choices=[case.name for case in CASES],
        help="train only these cases (default: all of them)",
    )
    parser.add_argument("--list", action="store_true", help="show the cases and train nothing")
    return parser.parse_args(arguments)


def list_cases() -> None:
    """Print every case with what must be marked on its runs."""
    for case in CASES:
        print(f"{case.name}: {case.title}")
        for run in case.runs:
            marks = ", ".join(f"{mark.kind} in epoch {mark.epoch}" for mark in run.expected)
            print(f"  {run.name}: {marks or 'nothing'} must be marked")


def train_run(case: DemoCase | DemoSweep, run: DemoRun, logdir: Path) -> None:
    """Train one run with the stability callback, into a directory of its own."""
    directory = logdir / case.name / run.name
    clear_run_directory(directory)

    from demo.progress import ProgressLine
    from tb_stability import StabilityCallback

    progress = ProgressLine(f"{case.name}/{run.name}")
    # Epochs are short here: several windows in each show where in the epoch it happens.
    callback = StabilityCallback(directory, window_steps=WINDOW_STEPS)
    run.train([callback, progress])
    progress.finish()


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the cases asked for; return the exit code."""
    options = parse_arguments(arguments)
    if options.list:
        list_cases()
        return 0
    # TensorFlow's notes about the machine would break into the progress line.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    for case in CASES:
        if options.case and case.name not in options.case:
            continue
        for run in case.runs:
            try:
                train_run(case, run, options.logdir)
            except FileExistsError as error:
                print(f"error: {error}", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

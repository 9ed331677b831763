"""``python -m benchmarks.detection``: trains what is not yet trained, judges all, prints."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import benchmarks.detection
from benchmarks.detection import training
from benchmarks.detection.judging import judge
from benchmarks.detection.logs import print_logs
from benchmarks.detection.report import Report
from benchmarks.detection.runs import LabelledRun, labelled_runs


def main() -> None:
    """Trains, judges and prints."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detection",
        description=benchmarks.detection.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=5, help="of each run (default: 5)")
    parser.add_argument(
        "--only",
        nargs="+",
        metavar="NAME",
        default=[],
        help="runs whose names begin so, e.g. demo, healthy, demo/born_dead",
    )
    parser.add_argument("--logdir", type=Path, help="keep the runs here (default: nowhere)")
    parser.add_argument(
        "--without-held-out", action="store_true", help="for who is about to change a rule"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--train-only", action="store_true", help="print no table")
    action.add_argument("--judge-only", action="store_true", help="leave out what is not trained")
    options = parser.parse_args()
    if options.seeds < 1:
        parser.error(f"--seeds is {options.seeds}; it must be at least 1")
    if not options.logdir and (options.train_only or options.judge_only):
        parser.error("--train-only and --judge-only need a --logdir that keeps the runs")
    runs = labelled_runs(options.seeds, options.only)
    if options.without_held_out:
        runs = [run for run in runs if not run.held_out]
    report = Report()
    with tempfile.TemporaryDirectory() as temporary:
        logdir = options.logdir or Path(temporary)
        if not options.judge_only:
            report.raised += train_missing(runs, logdir)
        if not options.train_only:
            judge_all(runs, logdir, report)
            report.print()
            if not options.only:
                print_logs(options.seeds, without_held_out=options.without_held_out)


def train_missing(runs: Sequence[LabelledRun], logdir: Path) -> list[str]:
    """Trains what is not yet trained; returns a line for each training that raised."""
    raised = []
    missing = [run for run in runs if not training.is_trained(run, logdir)]
    for number, run in enumerate(missing, start=1):
        print(f"[{number}/{len(missing)}] {run}", end=" ", file=sys.stderr, flush=True)
        begun = time.perf_counter()
        try:
            training.train(run, logdir)
        except Exception as error:  # one is not to take the table of all with it
            described = f"{type(error).__name__}: {error}".splitlines()[0]
            raised.append(f"{run}: {described}")
        print(f"{time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
    return raised


def judge_all(runs: Sequence[LabelledRun], logdir: Path, report: Report) -> None:
    """Judges every trained run."""
    trained = [run for run in runs if training.is_trained(run, logdir)]
    report.left_out += [f"{run}: not trained" for run in runs if run not in trained]
    logs = {run: training.logs_of(run, logdir) for run in trained}
    mended = {run.case: logs[run] for run in trained if not run.expected}
    for run in trained:
        series = training.series_of(run, logdir)
        judged = judge(run, series, logs[run], mended.get(run.case))
        if judged is None:
            report.left_out.append(f"{run}: the fault does not show")
            continue
        report.judged.append(judged)
        if run.healthy is not None:
            report.unhealthy += [f"{run}: {text}" for text in run.healthy.shortfalls(logs[run])]


if __name__ == "__main__":
    main()

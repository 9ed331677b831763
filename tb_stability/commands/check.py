"""``tb-stability check``: the onsets of every run, for people and for CI."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tb_stability.commands import github_format, json_format, judged_runs, text_format
from tb_stability.commands.command import EXIT_STABLE, EXIT_UNSTABLE, Command
from tb_stability.commands.counted_onsets import not_in_baseline, of_kinds
from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.onsets.onset import SEVERITIES

_FORMATS = {
    "text": text_format.write,
    "json": json_format.write,
    "github": github_format.write,
}
_NEVER = "never"


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    judged_runs.add_arguments(parser)
    parser.add_argument(
        "--fail-on",
        metavar="SEVERITY",
        choices=(*reversed(SEVERITIES), _NEVER),
        default="warning",
        help="least severity with exit status 1: info, warning (default), critical, or never",
    )
    parser.add_argument(
        "--kind",
        metavar="KIND",
        dest="kinds",
        action="append",
        default=[],
        help="only onsets of this kind, e.g. nonfinite_loss; may be given several times",
    )
    parser.add_argument(
        "--baseline",
        metavar="LOGDIR",
        help=(
            "leave out what this logdir has too, by kind and row: in its run of the same name, or "
            "in its only run"
        ),
    )
    parser.add_argument(
        "--format",
        choices=tuple(_FORMATS),
        default="text",
        help="text (default), json for programs, github for annotations in a workflow",
    )


def _run(options: argparse.Namespace) -> int:
    judged = judged_runs.judge(options)
    if options.kinds:
        judged = of_kinds(judged, options.kinds)
    if options.baseline:
        thresholds = judged_runs.thresholds_of(options)
        baseline = judged_runs.judge_path(options.baseline, thresholds)
        judged = not_in_baseline(judged, baseline, options.baseline)
    _FORMATS[options.format](judged, sys.stdout)
    return EXIT_UNSTABLE if _fails(judged, options.fail_on) else EXIT_STABLE


def _fails(judged: Sequence[JudgedRun], least: str) -> bool:
    if least == _NEVER:
        return False
    severe = SEVERITIES[: SEVERITIES.index(least) + 1]
    return any(onset.severity in severe for run in judged for onset in run.onsets)


COMMAND = Command(
    name="check",
    summary="print the onsets of every run",
    description=(
        "Prints the onsets of every run. Exit status 0: none of severity warning or above (see "
        "--fail-on); 1: some; 2: a path could not be read, or an argument could not be used."
    ),
    add_arguments=_add_arguments,
    run=_run,
)

"""``tb-stability report``: the runs and their onsets in one file, to mail or to put beside code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from tb_stability.commands import (
    judged_runs,
    report_html,
    report_json,
    report_markdown,
)
from tb_stability.commands.command import EXIT_STABLE, Command, CommandError
from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.onsets import Thresholds

Render = Callable[[Sequence[JudgedRun], Thresholds], str]

_FORMATS: dict[str, Render] = {
    "html": report_html.render,
    "markdown": report_markdown.render,
    "json": report_json.render,
}
_OF_EXTENSION = {".md": "markdown", ".markdown": "markdown", ".json": "json"}


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    judged_runs.add_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="where to write it (default: standard output); one that is there is replaced",
    )
    parser.add_argument(
        "--format",
        choices=tuple(_FORMATS),
        help=(
            "html: the page with its data, in one file; markdown: fits a comment on a pull "
            "request; json: for programs (default: as FILE ends, else html)"
        ),
    )


def _run(options: argparse.Namespace) -> int:
    extension = os.path.splitext(options.output or "")[1].lower()
    name = options.format or _OF_EXTENSION.get(extension, "html")
    if not options.output and name == "html" and sys.stdout.isatty():
        raise CommandError("HTML is not for the terminal: give a file, -o report.html.")
    judged = judged_runs.judge(options)
    content = report_html.encode(_FORMATS[name](judged, judged_runs.thresholds_of(options)))
    if not options.output:
        sys.stdout.write(content.decode())
        return EXIT_STABLE
    try:
        with open(options.output, "wb") as file:
            file.write(content)
    except OSError as error:
        raise CommandError(
            f"{options.output} cannot be written: {error.strerror}. Name another with -o."
        ) from error
    runs = f"{len(judged)} run{'s' * (len(judged) != 1)}"
    print(f"{options.output}: {runs}, {len(content) / 1e6:.2f} MB")
    if name == "html" and len(content) > report_html.MAX_BYTES:
        print("tb-stability: that is a lot for a mail; choose runs with --run.", file=sys.stderr)
    return EXIT_STABLE


COMMAND = Command(
    name="report",
    summary="write the runs and their onsets into one file to share",
    description=(
        "Writes runs and their onsets into one file. HTML is the page of the Stability tab with "
        "the data inside: it opens in any browser, without a network and without TensorBoard. "
        "Where it would exceed 2 MB, neighbouring windows are merged; maxima are kept."
    ),
    add_arguments=_add_arguments,
    run=_run,
)

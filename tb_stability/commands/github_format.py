"""Onsets as annotations of a GitHub workflow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.onsets import Onset, worst_severity
from tb_stability.printable import printable

# What a workflow calls the severities.
_LEVELS = {"critical": "error", "warning": "warning", "info": "notice"}


def write(judged: Sequence[JudgedRun], out: TextIO) -> None:
    """Writes one workflow command a story: an onset, what followed from it, and what to try.

    Nothing else: GitHub takes any line that looks like a command for one, and the names of runs
    and layers come from files.
    """
    for run in judged:
        for index, onset in enumerate(run.onsets):
            if onset.cause is None:
                followed = [item for item in run.onsets if _first_cause(run, item) == index]
                print(_annotation(run, onset, followed), file=out)


def _annotation(run: JudgedRun, onset: Onset, followed: Sequence[Onset]) -> str:
    severity = worst_severity([onset, *followed]) or "info"
    lines = [
        onset.message,
        *(f"then: {item.message}" for item in followed),
        *(f"try: {remedy.text} {remedy.code}".rstrip() for remedy in onset.remedies),
    ]
    # A log is shown in a terminal's colours: control characters in names are not obeyed.
    title = _escape_property(printable(f"{onset.title} in {run.label}"))
    message = _escape("\n".join(map(printable, lines)))
    return f"::{_LEVELS[severity]} title={title}::{message}"


def _first_cause(run: JudgedRun, onset: Onset) -> int | None:
    first = onset.cause
    while first is not None and run.onsets[first].cause is not None:
        first = run.onsets[first].cause
    return first


def _escape(text: str) -> str:
    """Escapes a message as GitHub's own toolkit does (actions/toolkit, command.ts)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")

"""Onsets as text, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.printable import printable


def write(judged: Sequence[JudgedRun], out: TextIO) -> None:
    """Writes a line a run, its onsets beneath it with what to try, and its notes."""
    for run in judged:
        for line in _lines(run):
            print(printable(line), file=out)


def verdict(run: JudgedRun) -> str:
    """Returns ``run1: 9 epochs, 180 steps, 3 onsets``."""
    found = f"{len(run.onsets) or 'no'} onset{'s' * (len(run.onsets) != 1)}"
    return f"{run.label}: {run.series.epochs} epochs, {run.series.steps} steps, {found}"


def _lines(run: JudgedRun) -> list[str]:
    lines = [verdict(run)]
    for onset in run.onsets:
        # What an earlier onset explains stands beneath it.
        indent = "  " if onset.cause is None else "    then: "
        lines.append(f"{indent}{onset.severity} {onset.kind}: {onset.message}")
        if onset.cause is None:
            for remedy in onset.remedies:
                code = f"  {remedy.code}" if remedy.code else ""
                lines.append(f"      try: {remedy.text}{code}")
    return [*lines, *(f"  note: {note}" for note in run.notes)]

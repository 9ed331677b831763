"""The cases as text: what must be marked on which run, and which problem is shown where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tb_stability_demo.case import DemoCase, DemoRun
from tb_stability_demo.problems import PROBLEMS


def describe(cases: Sequence[DemoCase]) -> Iterator[str]:
    """Yields lines: every case with its runs, then every problem with its cases."""
    width = max(len(run.name) for case in cases for run in case.runs)
    for case in cases:
        yield f"{case.name}: {case.title}"
        for run in case.runs:
            yield f"  {run.name:{width}}  {_marks(run)}"
    yield ""
    yield "Problem, as people report it, and the cases that show it:"
    for number, problem in PROBLEMS.items():
        names = [case.name for case in cases if number in case.problems]
        yield f"  {number:2} {problem}: {', '.join(names)}"


def _marks(run: DemoRun) -> str:
    marks = [f"{expected.kind} in epoch {expected.epoch}" for expected in run.expected]
    return ", ".join(marks) or "nothing is marked"

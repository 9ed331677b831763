"""The tables, and below them a line for each failure."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence

from benchmarks.detection.judging import Judged
from tb_stability.onsets import KINDS
from tb_stability_demo.case import Expectation

Pair = tuple[Judged, Expectation]


@dataclasses.dataclass
class Report:
    """Everything that is printed.

    Attributes:
      judged: Runs, with what was expected and found.
      unhealthy: Healthy runs that do not end as a healthy run must.
      raised: Trainings that raised.
      left_out: Runs that were not judged, and why.
    """

    judged: list[Judged] = dataclasses.field(default_factory=list)
    unhealthy: list[str] = dataclasses.field(default_factory=list)
    raised: list[str] = dataclasses.field(default_factory=list)
    left_out: list[str] = dataclasses.field(default_factory=list)

    def print(self) -> None:
        """Prints all of it."""
        demo = [one for one in self.judged if not (one.run.healthy or one.run.faulty)]
        parts = {
            "demo cases as shipped": [judged for judged in demo if not judged.run.seed],
            "demo cases from other seeds": [judged for judged in demo if judged.run.seed],
            "healthy runs": _of(self.judged, "healthy", held_out=False),
            "healthy runs, held out": _of(self.judged, "healthy", held_out=True),
            "faulty runs": _of(self.judged, "faulty", held_out=False),
            "faulty runs, held out": _of(self.judged, "faulty", held_out=True),
        }
        present = {title: runs for title, runs in parts.items() if runs}
        for title, runs in present.items():
            _print_table(title, runs)
        if len(present) > 1:
            _print_table("all", self.judged)
        failures = [f"{judged.run}: {line}" for judged in self.judged for line in _failures(judged)]
        for title, lines in (
            ("failures", failures),
            ("healthy runs that do not end as a healthy run must", self.unhealthy),
            ("trainings that raised", self.raised),
            ("left out", self.left_out),
        ):
            print(f"\n{title}: {len(lines) or 'none'}")
            for line in lines:
                print(f"  {line}")


def _of(judged: Sequence[Judged], what: str, *, held_out: bool) -> list[Judged]:
    return [one for one in judged if getattr(one.run, what) and one.run.held_out is held_out]


_HEADER = (
    f"{'kind':28}{'expected':>9}{'recall':>8}{'right kind':>12}{'and row':>9}"
    f"{'epoch: 0':>10}{'1':>5}{'more':>6}{'unexpected':>12}{'false alarms':>14}"
)


def _print_table(title: str, judged: Sequence[Judged]) -> None:
    """Prints a line per kind and one for all.

    recall: faulty runs that are marked at all; right kind: with the kind expected; and row: in the
    row expected, where one is; epoch: of these, how many epochs off; unexpected: faulty runs that
    are marked with this kind, which is neither expected nor allowed there; false alarms: runs
    without a fault that are.
    """
    faulty = sum(bool(run.expected) for run in judged)
    print(f"\n{title}: {len(judged)} runs, {faulty} of them faulty\n\n{_HEADER}")
    unexpected = Counter(kind for run in judged for kind in {one.kind for one in run.unexpected})
    alarms = Counter(kind for run in judged for kind in {one.kind for one in run.false_alarms})
    pairs = [(run, expectation) for run in judged for expectation in run.expected]
    for kind in KINDS:
        of_kind = [pair for pair in pairs if pair[1].kind == kind]
        if of_kind or unexpected[kind] or alarms[kind]:
            _print_line(kind, of_kind, unexpected[kind], alarms[kind])
    for kind in sorted({expectation.kind for _, expectation in pairs} - set(KINDS)):
        _print_line(f"{kind} (no such rule)", [pair for pair in pairs if pair[1].kind == kind])
    marked_else = sum(bool(run.unexpected) for run in judged)
    alarmed = sum(bool(run.false_alarms) for run in judged)
    _print_line("all", pairs, marked_else, alarmed)
    errors = _errors(pairs)
    quiet = len(judged) - faulty
    print(
        f"\nrecall {_share(_recalled(pairs), len(pairs))}, "
        f"right kind {_share(_right_kind(pairs), len(pairs))}, "
        f"and row {_share(len(errors), len(pairs))}, "
        f"right epoch {_share(errors.count(0), len(errors))} of these, "
        f"false alarms on {_share(alarmed, quiet)} of {quiet} runs without a fault; "
        "told while training and taken back on "
        f"{sum(bool(run.taken_back) for run in judged)} of {len(judged)} runs"
    )


def _print_line(name: str, pairs: Sequence[Pair], unexpected: int = 0, alarms: int = 0) -> None:
    errors = _errors(pairs)
    print(
        f"{name:28}{len(pairs):9}{_recalled(pairs):8}{_right_kind(pairs):12}{len(errors):9}"
        f"{errors.count(0):10}{errors.count(1):5}{sum(error > 1 for error in errors):6}"
        f"{unexpected:12}{alarms:14}"
    )


def _recalled(pairs: Sequence[Pair]) -> int:
    return sum(run.recalled(expectation) for run, expectation in pairs)


def _right_kind(pairs: Sequence[Pair]) -> int:
    return sum(run.of_kind(expectation) is not None for run, expectation in pairs)


def _errors(pairs: Sequence[Pair]) -> list[int]:
    errors = (run.error(expectation) for run, expectation in pairs)
    return [error for error in errors if error is not None]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _failures(judged: Judged) -> Iterator[str]:
    for expectation in judged.expected:
        onset = judged.match(expectation)
        row = f" in {expectation.row}" if expectation.row else ""
        if onset is None:
            seen = ", ".join(f"{one.kind} ({one.row}, epoch {one.epoch})" for one in judged.onsets)
            due = f"{expectation.kind}{row} at epoch {expectation.epoch}"
            yield f"missed {due}; marked: {seen or 'nothing'}"
        elif judged.error(expectation):
            yield f"{onset.kind}{row} at epoch {onset.epoch}, expected at {expectation.epoch}"
    for onset in judged.unexpected:
        yield f"unexpected {onset.severity} {onset.kind} at epoch {onset.epoch}: {onset.message}"
    for onset in judged.false_alarms:
        yield f"FALSE ALARM {onset.severity} {onset.kind} at step {onset.step}: {onset.message}"
    for onset in judged.taken_back:
        yield f"told and taken back: {onset.severity} {onset.kind}: {onset.message}"

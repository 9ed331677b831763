"""What a demo case is: its trainings and what must be marked on each.

Nothing here imports Keras, so that cases can be listed and their expectations read by
tests of the read side, which must work without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Expectation:
    """An onset that must be marked: its kind, its epoch and, where it is certain, its row."""

    kind: str
    epoch: int
    row: str | None = None


@dataclass(frozen=True)
class DemoRun:
    """One training of a case.

    ``train`` seeds everything itself, so that a run does not depend on which ran before it.
    ``may_show`` names kinds that are true of the run but not what the case is about; any kind
    that is neither expected nor listed there is a false alarm.
    """

    name: str
    train: Callable[[Sequence[keras.callbacks.Callback]], keras.callbacks.History]
    expected: tuple[Expectation, ...]
    may_show: tuple[str, ...] = ()


@dataclass(frozen=True)
class DemoCase:
    """A fault and its cure, side by side; ``cases`` are the numbers in section 1 of DESIGN.md."""

    name: str
    title: str
    cases: tuple[int, ...]
    story: str
    faulty: DemoRun
    fixed: DemoRun

    @property
    def runs(self) -> tuple[DemoRun, DemoRun]:
        """Both runs, the faulty one first."""
        return (self.faulty, self.fixed)


@dataclass(frozen=True)
class DemoSweep:
    """One training repeated with one setting varied: which values are safe?"""

    name: str
    title: str
    cases: tuple[int, ...]
    story: str
    runs: tuple[DemoRun, ...]

"""The runs of which is known what must be marked: demo cases, faulty and healthy trainings."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import keras

from benchmarks.faulty.registry import FAULTY
from benchmarks.faulty.run import FaultyRun
from benchmarks.healthy.registry import HEALTHY
from benchmarks.healthy.run import HealthyRun
from tb_stability_demo.case import Expectation
from tb_stability_demo.cases import CASES
from tb_stability_demo.training import train


@dataclasses.dataclass(frozen=True)
class OneOf(Expectation):
    """An onset that must be marked, of one of several kinds and in one of several epochs.

    A fault can be told in more than one way, and `kind` is but the first of them.

    Attributes:
      kinds: All of them.
    """

    kinds: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, eq=False)
class LabelledRun:
    """One training from one seed.

    Attributes:
      name: E.g. ``demo/born_dead/faulty`` or ``healthy/plain_classifier``.
      seed: Counted from 0; 0 is the one that a demo case is shipped with.
      train: Trains it, shown to callbacks.
      expected: What must be marked on it from seed 0.
      may_show: Kinds that may be marked beside.
      options: Of the stability callback.
      healthy: What a healthy run says of itself; None for any other.
      faulty: What a faulty run says of itself; None for any other, as a demo run.
    """

    name: str
    seed: int
    train: Callable[[Sequence[keras.callbacks.Callback]], keras.callbacks.History]
    expected: tuple[Expectation, ...] = ()
    may_show: tuple[str, ...] = ()
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    healthy: HealthyRun | None = None
    faulty: FaultyRun | None = None

    @property
    def held_out(self) -> bool:
        """Whether no rule was changed after a look at it."""
        known = self.healthy or self.faulty
        return known is not None and known.held_out

    def __str__(self) -> str:
        return f"{self.name} seed {self.seed}"

    @property
    def case(self) -> str:
        """What the runs of one demo case from one seed have in common."""
        return f"{self.name.rpartition('/')[0]} seed {self.seed}"


def labelled_runs(seeds: int, only: Sequence[str] = ()) -> list[LabelledRun]:
    """Returns all runs, a seed at a time: what is stopped early has few seeds of every run.

    Args:
      seeds: How many of each run.
      only: Beginnings of names; all runs where there are none.

    Example:

    >>> [run.name for run in labelled_runs(1, only=["demo/born_dead"])]
    ['demo/born_dead/faulty', 'demo/born_dead/fixed']
    """
    runs = [
        run
        for seed in range(seeds)
        for run in (*_demo_runs(seed), *_healthy_runs(seed), *_faulty_runs(seed))
    ]
    return [run for run in runs if not only or run.name.startswith(tuple(only))]


def _demo_runs(seed: int) -> Iterator[LabelledRun]:
    for case in CASES:
        for run in case.runs:
            yield LabelledRun(
                f"demo/{case.name}/{run.name}",
                seed,
                functools.partial(train, run, case.seed + seed),
                run.expected,
                run.may_show,
                {"window_steps": case.window_steps},
            )


def _healthy_runs(seed: int) -> Iterator[LabelledRun]:
    for run in HEALTHY:
        training = functools.partial(run.train, seed)
        yield LabelledRun(f"healthy/{run.name}", seed, training, healthy=run)


def _faulty_runs(seed: int) -> Iterator[LabelledRun]:
    for run in FAULTY:
        first, last = run.epochs
        expected = OneOf(run.kinds[0], first, kinds=run.kinds, last_epoch=last)
        training = functools.partial(run.train, seed)
        yield LabelledRun(
            f"faulty/{run.name}", seed, training, (expected,), run.may_show, faulty=run
        )

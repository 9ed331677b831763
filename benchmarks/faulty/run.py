"""What a faulty run is: a training, what its logs must show, and what must be marked on it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence

from benchmarks.healthy.run import Train

Logs = Mapping[str, Sequence[float]]
Shows = Callable[[Logs], bool]


@dataclasses.dataclass(frozen=True)
class FaultyRun:
    """A training that goes wrong.

    Attributes:
      name: The name of its function.
      fault: What is wrong with the program: the first sentence of its docstring.
      train: Trains it from a seed, which decides data, weights and order; shows it to callbacks.
      kinds: Kinds that say what is wrong; one of them must be marked.
      epochs: First and last epoch in which the first of these may set in.
      may_show: Kinds that are true of the run beside.
      shows: Whether Keras's logs show that something is wrong: a fault may do no harm from a seed.
      held_out: Whether no rule was changed after a look at it.
    """

    name: str
    fault: str
    train: Train
    kinds: tuple[str, ...]
    epochs: tuple[int, int]
    may_show: tuple[str, ...]
    shows: Shows
    held_out: bool


def faulty(
    *kinds: str,
    shows: Shows,
    epochs: tuple[int, int] = (0, 0),
    may_show: Sequence[str] = (),
    held_out: bool = False,
) -> Callable[[Train], FaultyRun]:
    """Makes a training function a `FaultyRun`, with what it must show and what must be marked."""

    def make(train: Train) -> FaultyRun:
        fault = " ".join((train.__doc__ or "").split("\n\n")[0].split())
        return FaultyRun(
            train.__name__, fault, train, kinds, epochs, tuple(may_show), shows, held_out
        )

    return make


def is_lost(logs: Logs) -> bool:
    """Whether any logged value is not finite."""
    return not all(math.isfinite(value) for values in logs.values() for value in values)


def ends(name: str, *, at_least: float = -math.inf, at_most: float = math.inf) -> Shows:
    """Whether a log ends between two bounds, or lost."""

    def shows(logs: Logs) -> bool:
        return is_lost(logs) or at_least <= logs[name][-1] <= at_most

    return shows


def stays(name: str, *, within: float) -> Shows:
    """Whether a log never falls by more than a fraction of its first value, or is lost."""

    def shows(logs: Logs) -> bool:
        return is_lost(logs) or min(logs[name]) >= (1 - within) * logs[name][0]

    return shows

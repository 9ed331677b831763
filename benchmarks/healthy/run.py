"""What a healthy run is: a training, and what its logs must end with to prove it healthy."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import keras

Train = Callable[[int, Sequence[keras.callbacks.Callback]], keras.callbacks.History]


@dataclasses.dataclass(frozen=True)
class HealthyRun:
    """A training that goes well.

    Attributes:
      name: The name of its function.
      tempts: Which rule it tempts and with what: the first sentence of its docstring.
      train: Trains it from a seed, which decides data, weights and order; shows it to callbacks.
      at_least: Lower bounds of values in the logs of its last epoch.
      at_most: Upper bounds likewise.
      held_out: Whether no rule was changed after a look at it.
    """

    name: str
    tempts: str
    train: Train
    at_least: Mapping[str, float]
    at_most: Mapping[str, float]
    held_out: bool = False

    def shortfalls(self, logs: Mapping[str, Sequence[float]]) -> list[str]:
        """Returns what the logs ended with where they had to end better; of a healthy run, nothing.

        A set that is not healthy proves nothing, so this is asked for every seed.
        """
        last = {name: float(values[-1]) for name, values in logs.items()}
        # Written so that NaN falls short of any bound.
        low = [
            f"{name} ends at {last[name]:.4g}, not at {bound:g} or above"
            for name, bound in self.at_least.items()
            if not last[name] >= bound
        ]
        high = [
            f"{name} ends at {last[name]:.4g}, not at {bound:g} or below"
            for name, bound in self.at_most.items()
            if not last[name] <= bound
        ]
        return low + high


def healthy(
    at_least: Mapping[str, float] | None = None,
    at_most: Mapping[str, float] | None = None,
    *,
    held_out: bool = False,
) -> Callable[[Train], HealthyRun]:
    """Makes a training function a `HealthyRun`, with the bounds that prove it healthy."""

    def make(train: Train) -> HealthyRun:
        tempts = " ".join((train.__doc__ or "").split("\n\n")[0].split())
        return HealthyRun(train.__name__, tempts, train, at_least or {}, at_most or {}, held_out)

    return make

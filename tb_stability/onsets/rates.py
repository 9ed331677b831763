"""The learning rate over time, from whatever a run has logged of it."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.detector import FloatArray
from tb_stability.metadata import EPOCH_LOGS, LEARNING_RATE
from tb_stability.series import IntArray, RunSeries

# A rate this far above the one before had been raised, by a schedule or by hand.
RAISED = 1.5

# Names under which Keras's callbacks and people log it by epoch.
_NAMES = ("learning_rate", "lr")


@dataclasses.dataclass(frozen=True, eq=False)
class Rates:
    """The learning rates that are known, finite and none below zero.

    Attributes:
      step: Step of each, ascending, shape ``[points]``, at least one.
      value: The rate, shape ``[points]``.
    """

    step: IntArray
    value: FloatArray

    def at(self, step: int) -> float:
        """Returns the rate at a step: the first that was logged from there on."""
        return float(self.at_each(np.array([step]))[0])

    def at_each(self, steps: IntArray) -> FloatArray:
        """Returns the rate at each step, shape ``[steps]`` as those."""
        found = np.searchsorted(self.step, steps)
        return self.value[np.minimum(found, len(self.step) - 1)]

    def before(self, step: int) -> float | None:
        """Returns the median of the rates logged before a step, None where there are none."""
        earlier = self.value[self.step < step]
        return float(np.median(earlier)) if earlier.size else None

    def is_raised(self, first: int, last: int) -> bool:
        """Returns whether the rate rises between two steps, by half and more."""
        begin = max(int(np.searchsorted(self.step, first)) - 1, 0)
        end = int(np.searchsorted(self.step, last)) + 1
        within = self.value[begin:end]
        return bool(np.any(within[1:] >= RAISED * within[:-1]) and within.any())

    def cycles(self, first: int, last: int) -> bool:
        """Returns whether the rate goes up and down between two steps, over and over.

        It does where it turns at more than a quarter of its points: in cycles of eight or fewer.
        """
        within = self.value[(self.step >= first) & (self.step <= last)]
        changes = np.sign(np.diff(within))
        changes = changes[changes != 0]
        turns = int(np.sum(changes[1:] != changes[:-1]))
        return 4 * turns > len(within)


def rates_of(run: RunSeries) -> Rates | None:
    """Returns the learning rates of a run; None where none was logged."""
    candidates = [run.first_of(LEARNING_RATE.name, LEARNING_RATE.statistics)]
    candidates += [run.first_of(EPOCH_LOGS.name, EPOCH_LOGS.statistics, name) for name in _NAMES]
    for series in candidates:
        if series is None:
            continue
        value = series.statistic("value")[:, 0]
        known = np.isfinite(value) & (value >= 0)
        if known.any():
            return Rates(series.step[known], value[known].astype(np.float64))
    return None

"""A loss over time, from whatever a run has logged of it."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.detector import FloatArray
from tb_stability.metadata import EPOCH_LOGS, LOSS
from tb_stability.onsets.wording import place
from tb_stability.series import IntArray, RunSeries, Series

# The mean of so many batches is as steady as that of an epoch: a bad one moves it by a tenth of
# what it moves a batch.
MANY_BATCHES = 10


@dataclasses.dataclass(frozen=True, eq=False)
class LossCurve:
    """A loss over time, one point a window or an epoch.

    Attributes:
      series: Where it comes from.
      mean: Mean of the finite losses, NaN where there were none, shape ``[points]``.
      highest: Highest finite loss of a single step, likewise; None for a curve of epochs.
      highest_at: Position of that step in its window; None for a curve of epochs.
      nonfinite: Number of non-finite losses, shape ``[points]``.
      first_nonfinite: Position of the first of them in its window, shape ``[points]``.
    """

    series: Series
    mean: FloatArray
    nonfinite: FloatArray
    first_nonfinite: FloatArray
    highest: FloatArray | None = None
    highest_at: FloatArray | None = None

    @property
    def tag(self) -> str:
        return self.series.tag

    @property
    def of_epochs(self) -> bool:
        return self.highest is None

    @property
    def has_epoch_means(self) -> bool:
        """Whether each point is the mean of an epoch's many batches, logged so or measured."""
        if self.of_epochs:
            return True
        epochs = self.series.epoch
        steps = float(np.median(self.series.statistic("count")[:, 0]))
        return bool(len(np.unique(epochs)) == len(epochs) and steps >= MANY_BATCHES)

    @property
    def untrained(self) -> float:
        """The loss before training, as far as it is known: the highest step of the first window.

        Of epochs, the first; NaN where that is not finite.
        """
        first = self.mean if self.highest is None else self.highest
        return float(first[0]) if len(first) else np.nan

    @property
    def of_single_batches(self) -> bool:
        """Whether each point is the loss of one step, as what other loggers write of batches."""
        if self.of_epochs:
            return False
        return bool(np.median(self.series.statistic("count")[:, 0]) <= 1)

    def by_epoch(self) -> tuple[FloatArray, IntArray, float]:
        """Returns the mean loss of each epoch, and what stands behind it.

        Returns:
          The means, NaN where no loss was finite; the index of the point at which each epoch
          begins, shape ``[epochs]`` both; and how many steps an epoch has in the median, infinite
          for a curve of epochs, of which it is not known.
        """
        epochs = self.series.epoch
        if self.of_epochs:
            return self.mean, np.arange(len(epochs)), np.inf
        begins = np.flatnonzero(np.diff(epochs, prepend=epochs[:1] - 1))
        known = np.isfinite(self.mean)
        weight = np.where(known, self.series.statistic("count")[:, 0], 0.0).astype(np.float64)
        # Weights first: the sum of losses near the end of the range would overflow.
        steps = np.add.reduceat(weight, begins)
        share = weight / np.repeat(np.maximum(steps, 1), np.diff(np.append(begins, len(epochs))))
        mean = np.add.reduceat(np.where(known, self.mean, 0.0) * share, begins)
        return np.where(steps > 0, mean, np.nan), begins, float(np.median(steps))

    def step(self, index: int, position: float = 0.0) -> int:
        """Step at a position of a point's window, its last one at most."""
        return int(min(self.series.first_step[index] + position, self.series.step[index]))

    def epoch(self, index: int) -> int:
        """Epoch of a point."""
        return int(self.series.epoch[index])

    def place(self, index: int, position: float = 0.0) -> str:
        """Where a point is, in words; a curve of epochs knows no steps."""
        step = None if self.of_epochs else self.step(index, position)
        return place(self.epoch(index), step)


def training_curve(run: RunSeries) -> LossCurve | None:
    """Returns the loss of every step where it was logged, else of each epoch, else val_loss."""
    return step_curve(run) or epoch_curve(run, "loss") or epoch_curve(run, "val_loss")


def step_curve(run: RunSeries) -> LossCurve | None:
    """Returns the loss of every step, one point a window; None where it was not measured."""
    series = run.first_of(LOSS.name, LOSS.statistics)
    if series is None or not series.measured[:, 0].any():
        return None
    measured = series.measured[:, 0]

    def finite(name: str) -> FloatArray:
        values = series.statistic(name)[:, 0]
        return np.where(measured & np.isfinite(values), values, np.nan)

    return LossCurve(
        series=series,
        mean=finite("mean"),
        nonfinite=np.where(measured, series.statistic("nonfinite")[:, 0], np.nan),
        first_nonfinite=np.maximum(series.statistic("first_nonfinite")[:, 0], 0),
        highest=finite("max"),
        highest_at=series.statistic("argmax")[:, 0],
    )


def epoch_curve(run: RunSeries, name: str) -> LossCurve | None:
    """Returns a value of the epoch logs, one point an epoch; None where there is none."""
    series = run.first_of(EPOCH_LOGS.name, EPOCH_LOGS.statistics, name)
    if series is None:
        return None
    values = series.statistic("value")[:, 0]
    return LossCurve(
        series=series,
        mean=np.where(np.isfinite(values), values, np.nan),
        nonfinite=(~np.isfinite(values)).astype(np.float64),
        first_nonfinite=np.zeros(len(values)),
    )

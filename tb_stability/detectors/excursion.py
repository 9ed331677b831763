"""Episodes in which a series that should fall rises instead."""

from __future__ import annotations

import dataclasses
import itertools
import math
import statistics

import numpy as np

from tb_stability.detectors.baseline import TrailingBaseline
from tb_stability.detectors.detector import Detection, FloatArray
from tb_stability.detectors.ramp import foot_of_ramp


@dataclasses.dataclass(frozen=True)
class Excursion:
    """Finds where a loss rises clear of the best level it had reached, and where it returns.

    With the level ``m`` and the robust standard deviation ``s`` of the last healthy points (see
    `tb_stability.detectors.baseline.TrailingBaseline`), the baseline ``b`` is the lowest ``m`` so
    far. A point opens an episode when it exceeds

        b + max(spreads * s, relative * |b|, give_back)

    or, instead of the first, ``spreads / sqrt(patience)`` deviations together with the points after
    it, `patience` in all: so many are no likelier than one that is higher.

    ``give_back`` is the lesser of `giveback` times the improvement ``start - b`` since the start,
    the median of the first `warmup` points, and, for positive series, of the rise to the geometric
    mean of start and baseline: whoever has come down from 10 000 to 1 has lost half of the way at
    100. That geometric half counts as no less than `negligible` times the start: what is below that
    is solved, and its relative jumps are harmless. It is what tells a fall from the wobble of a
    loss that has reached zero.

    The episode is over at the first of `patience` consecutive points below ``b`` plus half the rise
    that opened it; its points never enter the median.

    Before `warmup` healthy points are known the spread is not: then a rise must reach `early_rise`
    times ``|b|``.

    An episode that has lasted fewer than `patience` points when the data end is not reported: one
    high point says nothing yet. So the delay is `patience` points, and `start` is walked back to
    the first point of the unbroken run above a quarter of the height that opened the episode, and
    above half of `spreads` standard deviations; where the rise from there took several points, on
    to its foot (see `tb_stability.detectors.ramp`).

    Attributes:
      spreads: Robust standard deviations above the baseline, default 6: beyond one point in a
        million of normal noise, and of the 10 000 windows of a long run.
      relative: Least rise as a fraction of the baseline's magnitude.
      giveback: Least rise as a fraction of what had been gained since the start.
      negligible: Least rise of a positive series as a fraction of its start, however little
        `giveback` asks for. Default 0.01: who has come down from 2.3 to 1e-7 and jumps to 0.01
        has lost nothing that counts.
      early_rise: Least rise as a fraction of the baseline's magnitude during the warm-up.
      warmup: Healthy points that make a spread.
      memory: Healthy points that the spread is taken over, default 40: of fewer it is now and
        then too small by half. The level is taken over a quarter as many.
      patience: Consecutive points that confirm an episode, and that end it.

    Scaling a series scales the detection; shifting it matters to `relative` and to the geometric
    mean only.
    """

    spreads: float = 6.0
    relative: float = 0.1
    giveback: float = 0.2
    negligible: float = 0.01
    early_rise: float = 1.0
    warmup: int = 4
    memory: int = 40
    patience: int = 3

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the episodes in `values`, shape ``[points]``; non-finite ones are passed over."""
        detections: list[Detection] = []
        trailing = TrailingBaseline(self.memory)
        first_points: list[float] = []
        start = np.nan
        baseline = np.inf
        index = after_last = 0
        while index < len(values):
            value = float(values[index])
            if not np.isfinite(value):
                index += 1
                continue
            if trailing.count:
                baseline = min(baseline, trailing.level())
                floor = self._floor(baseline, start, trailing.count)
                # No rise is less than the least one: the noise need not be known of most points.
                clears = value > baseline + floor
                spread = trailing.spread() if clears else 0.0
                if clears and value > baseline + (
                    rise := self._rise(values, index, Level(baseline, spread, floor))
                ):
                    episode = self._episode(
                        values, index, after_last, Level(baseline, spread, rise)
                    )
                    if episode is not None:
                        detections.append(episode)
                    if episode is None or episode.end is None:
                        break
                    index = after_last = episode.end
                    continue
            trailing.append(value)
            if len(first_points) < self.warmup:
                first_points.append(value)
                start = statistics.median(first_points)
            index += 1
        return detections

    def _rise(self, values: FloatArray, index: int, level: Level) -> float:
        """Returns what a point must rise by to open an episode."""
        noise = self.spreads * level.spread
        together = noise / math.sqrt(self.patience)
        following = itertools.islice(filter(math.isfinite, values[index:].flat), self.patience)
        # As floats: what exceeds float32 is no overflow there.
        stands = sum(float(one) > level.baseline + together for one in following) == self.patience
        return max(level.rise, together if stands else noise)

    def _floor(self, baseline: float, start: float, healthy: int) -> float:
        """Returns the least rise there is, whatever the noise."""
        if healthy < self.warmup:
            return self.early_rise * abs(baseline)
        give_back = self.giveback * (start - baseline)
        if baseline > 0 and start > 0:
            half_way = float(np.sqrt(baseline) * np.sqrt(start))
            give_back = min(give_back, max(half_way - baseline, self.negligible * start))
        return max(self.relative * abs(baseline), give_back)

    def _episode(
        self, values: FloatArray, opened: int, after_last: int, level: Level
    ) -> Detection | None:
        """Returns the episode that point `opened` opens, None where it is too young to tell."""
        back = level.baseline + level.rise / 2
        below: list[int] = []
        above: list[int] = []
        for index in range(opened, len(values)):
            if not np.isfinite(values[index]):
                continue
            if values[index] > back:
                above.append(index)
                below.clear()
            else:
                below.append(index)
                if len(below) == self.patience:
                    break
        ended = len(below) == self.patience
        if not ended and len(above) < self.patience:
            return None
        start = _walk_back(values, opened, after_last, self._calm(level, float(values[opened])))
        return Detection(
            start=foot_of_ramp(values, start, opened, after_last),
            certain=above[min(self.patience, len(above)) - 1],
            end=below[0] if ended else None,
            value=float(np.max(values[above])),
            threshold=level.baseline + level.rise,
            baseline=level.baseline,
            spread=level.spread,
        )

    def _calm(self, level: Level, opened: float) -> float:
        """Returns the height up to which points before an episode are not yet part of it."""
        noise = self.spreads * level.spread if level.spread > 0 else level.rise
        return level.baseline + max(min(level.rise, noise / 2), (opened - level.baseline) / 4)


@dataclasses.dataclass(frozen=True)
class Level:
    """What an episode is measured against when it opens."""

    baseline: float
    spread: float
    rise: float


def _walk_back(values: FloatArray, opened: int, first: int, level: float) -> int:
    start = opened
    for index in range(opened - 1, first - 1, -1):
        if not np.isfinite(values[index]):
            continue
        if values[index] <= level:
            break
        start = index
    return start

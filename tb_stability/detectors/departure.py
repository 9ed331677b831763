"""Where a series had left its baseline by the time that something went wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from tb_stability.detectors.baseline import TrailingBaseline
from tb_stability.detectors.detector import Detection, FloatArray

# Baseline and run agree after two or three turns; where they go back and forth either will do.
MAX_TURNS = 10


@dataclasses.dataclass(frozen=True)
class Departure:
    """Finds the departure upwards that leads to a given point, and dates its beginning.

    It judges one point only, `until` or the one before it: was the series above its baseline there,
    and since when? With the baseline ``b`` and the spread ``s`` of the `memory` last points before
    the departure, and ``r = max(spreads * s, rise)``, the judged point must exceed ``b + r``. It is
    walked back to the first point of the unbroken run above ``b + r / 2``, where a single point
    below does not break the run.

    Baseline and run depend on each other, so they are found by turns. First ``b`` is the lower
    quartile of all points before the judged one, which up to three quarters of them may have left.
    Then it is the level of the newest points before the run. ``s`` is their noise, trend or none
    (`tb_stability.detectors.baseline.TrailingBaseline`): norms fall and logits rise over a healthy
    run, and the deviation from a median of all of it would hide what leaves the trend.

    With fewer than `warmup` points before the run there is no spread: then the least value up to
    the judged point is the baseline, and `early_rise` the least rise.

    Meant for logarithms of positive quantities such as gradient norms, so that `rise` is the
    logarithm of a factor.

    Attributes:
      until: Index of the last point to look at; None for the last of the series.
      spreads: Robust standard deviations above the baseline, default 6 as for `Excursion`.
      rise: Least rise, default log10(3): gradient norms of one layer vary by a factor of two
        between healthy batches.
      early_rise: Least rise during the warm-up, default 2: a factor of one hundred.
      warmup: Points before the run that make a baseline.
      memory: Points that the baseline is taken over.
    """

    until: int | None = None
    spreads: float = 6.0
    rise: float = 0.477
    early_rise: float = 2.0
    warmup: int = 3
    memory: int = 50

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the departure in `values`, shape ``[points]``, or an empty list.

        NaN and infinities are passed over: they continue a run, and count for no baseline.
        """
        until = len(values) - 1 if self.until is None else min(self.until, len(values) - 1)
        judged = _judged_point(values, until)
        if judged is None:
            return []
        start = judged
        estimate = _lower_quartile_and_noise
        for _ in range(MAX_TURNS):
            baseline, spread, rise = self._level(values, start, judged, estimate)
            if not values[judged] > baseline + rise:
                return []
            walked = _walk_back(values, judged, baseline + rise / 2)
            if walked == start and estimate is _level_and_noise:
                break
            start, estimate = walked, _level_and_noise
        run = values[start : until + 1]
        return [
            Detection(
                start=start,
                certain=judged,
                end=None,
                value=float(np.max(run[np.isfinite(run)])),
                threshold=baseline + rise,
                baseline=baseline,
                spread=spread,
            )
        ]

    def _level(
        self,
        values: FloatArray,
        start: int,
        judged: int,
        estimate: Callable[[FloatArray], tuple[float, float]],
    ) -> tuple[float, float, float]:
        """Returns baseline, spread and least rise, as point `start` begins the run."""
        before = values[:start]
        before = before[np.isfinite(before)][-self.memory :]
        if len(before) >= self.warmup:
            baseline, spread = estimate(before)
            return baseline, spread, max(self.spreads * spread, self.rise)
        seen = values[: judged + 1]
        return float(np.min(seen[np.isfinite(seen)])), np.nan, self.early_rise


def _judged_point(values: FloatArray, until: int) -> int | None:
    """Returns the higher of the last two points, or the last finite one where both are not."""
    known = np.flatnonzero(np.isfinite(values[: until + 1]))
    if not len(known):
        return None
    recent = known[known >= until - 1]
    return int(max(recent, key=values.__getitem__)) if len(recent) else int(known[-1])


def _lower_quartile_and_noise(values: FloatArray) -> tuple[float, float]:
    return float(np.quantile(values, 0.25)), _level_and_noise(values)[1]


def _level_and_noise(values: FloatArray) -> tuple[float, float]:
    trailing = TrailingBaseline(len(values))
    for value in values.tolist():
        trailing.append(value)
    return trailing.level(), trailing.spread()


def _walk_back(values: FloatArray, judged: int, level: float) -> int:
    start, dips = judged, 0
    for index in range(judged - 1, -1, -1):
        if not np.isfinite(values[index]):
            continue
        if values[index] > level:
            start, dips = index, 0
        elif dips:
            break
        else:
            dips = 1
    return start

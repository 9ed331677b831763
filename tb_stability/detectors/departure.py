"""Where a series had left its baseline by the time that something went wrong."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.baseline import median_and_spread
from tb_stability.detectors.detector import Detection, FloatArray


@dataclasses.dataclass(frozen=True)
class Departure:
    """Finds the departure upwards that leads to a given point, and dates its beginning.

    It judges one point only, `until`, or the one before it: was the series above its baseline
    there? If so it walks back to the first of the unbroken run of points above the baseline. The
    baseline is the median of the `memory` points before that run, so it is taken again after each
    walk, until the two agree: neither knows the other beforehand.

    The point must exceed ``b + max(spreads * s, rise)``, every point of the run
    ``b + max(spreads * s, rise) / 2``; a single point below that does not break the run. With fewer
    than `warmup` points before the run there is no spread: then the least value before or in the
    run is the baseline, and ``early_rise`` the threshold.

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
        candidates = [index for index in (until - 1, until) if index >= 0]
        finite = [index for index in candidates if np.isfinite(values[index])]
        if not finite:
            # The last finite points before a stretch of NaN are what can be judged.
            known = np.flatnonzero(np.isfinite(values[: until + 1]))
            finite = [int(index) for index in known[-1:]]
        if not finite:
            return []
        judged = max(finite, key=lambda index: values[index])
        start = judged
        while True:
            baseline, spread, rise = self._level(values, start, judged)
            if not values[judged] > baseline + rise:
                return []
            walked = self._walk_back(values, judged, baseline + rise / 2)
            if walked >= start:
                break
            start = walked
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

    def _level(self, values: FloatArray, start: int, judged: int) -> tuple[float, float, float]:
        """Returns baseline, spread and least rise, as point `start` begins the run."""
        before = values[:start]
        before = before[np.isfinite(before)][-self.memory :]
        if len(before) >= self.warmup:
            baseline, spread = median_and_spread(before)
            return baseline, spread, max(self.spreads * spread, self.rise)
        seen = values[: judged + 1]
        return float(np.nanmin(seen[np.isfinite(seen)])), np.nan, self.early_rise

    def _walk_back(self, values: FloatArray, judged: int, level: float) -> int:
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

"""Where a series had left its baseline by the time that something went wrong."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.baseline import median_and_spread
from tb_stability.detectors.detector import Detection, FloatArray


@dataclasses.dataclass(frozen=True)
class Departure:
    """Finds the departure upwards that leads to a given point, and dates its beginning.

    It judges one point only, `until` or the one before it: was the series above its baseline there,
    and since when? The answer is the earliest point ``i`` that begins an unbroken run: with the
    median ``b`` and the robust standard deviation ``s`` of the `memory` points before ``i``, the
    judged point exceeds ``b + r``, where ``r = max(spreads * s, rise)``, and every point of the run
    exceeds ``b + r / 2``, where a single point below does not break the run. So the baseline holds
    no point of the run, however long that is beside the calm before it.

    With fewer than `warmup` points before ``i`` there is no spread: then the least value up to the
    judged point is the baseline, and `early_rise` the least rise. A run of more than `memory`
    points is dated to the first of its last `memory`.

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
        for start in range(max(0, judged - self.memory), judged + 1):
            baseline, spread, rise = self._level(values, start, judged)
            if values[judged] > baseline + rise and _unbroken(
                values[start : judged + 1], baseline + rise / 2
            ):
                break
        else:
            return []
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


def _unbroken(run: FloatArray, level: float) -> bool:
    """Returns whether a run begins above a level and has no two neighbours below it."""
    above = run[np.isfinite(run)] > level
    return bool(np.isfinite(run[0]) and above[0] and np.all(above[1:] | above[:-1]))

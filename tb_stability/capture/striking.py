"""Which windows are worth a look at once: where loss or gradient leave their usual size."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tb_stability.capture.probe import Measurement
from tb_stability.capture.statistics import FloatArray
from tb_stability.metadata import GRADIENT_NORM, LOSS, SeriesMetadata

# A window is striking where a maximum exceeds the median of those before it by this factor.
STRIKING = 10.0

# So many windows count as "before": a median of all of them would cost a long run ever more.
_REMEMBERED = 100

# In a run that stays bad, so many striking windows in a row are judged; then the epochs' ends are.
_IN_A_ROW = 8


class StrikingWindows:
    """Knows a window that is worth a judgement when it sees one."""

    def __init__(self) -> None:
        # float32 [_REMEMBERED, rows] of each series; NaN where there is none.
        self._maxima: dict[str, FloatArray] = {}
        self._windows = 0
        self._in_a_row = 0

    def add(self, measured: Iterable[Measurement]) -> bool:
        """Takes the measurements of a window; returns whether they are striking."""
        watched = [
            (series, np.asarray(values, np.float32))
            for series, values in measured
            if series.quantity.name in (LOSS.name, GRADIENT_NORM.name)
        ]
        # All of them are kept, whichever is striking.
        striking = [self._is_striking(*pair) for pair in watched]
        self._windows += 1
        self._in_a_row = self._in_a_row + 1 if any(striking) else 0
        return 0 < self._in_a_row <= _IN_A_ROW

    def _is_striking(self, series: SeriesMetadata, values: FloatArray) -> bool:
        column = series.quantity.statistics.index
        largest = np.where(np.isfinite(values[:, column("max")]), values[:, column("max")], np.nan)
        before = self._maxima.get(series.tag)
        if before is None:
            empty = np.full((_REMEMBERED, len(largest)), np.nan, np.float32)
            before = self._maxima[series.tag] = empty
        striking = bool((values[:, column("nonfinite")] > 0).any())
        # No median is below the minimum, which is found in far less time.
        rows = largest > STRIKING * np.fmin.reduce(before)
        if rows.any() and not striking:
            striking = bool((largest[rows] > STRIKING * np.nanmedian(before[:, rows], 0)).any())
        before[self._windows % _REMEMBERED] = largest
        return striking

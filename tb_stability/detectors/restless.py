"""The newest stretch of a series that jumps about and gets nowhere."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.baseline import median
from tb_stability.detectors.detector import Detection, FloatArray

# Later jumps that are below this fraction of the earlier ones die away.
_LASTING = 0.75

# Independent noise turns at two points of three; what wanders or trends, at fewer than half.
_TURNS = 0.5

# So many stretches are tried, of all lengths there are: each costs a little time.
_TRIED = 40


@dataclasses.dataclass(frozen=True)
class Restless:
    """Finds since when each point is far from the one before, by a large part of the level.

    There is one episode at most, and it lasts to the end of the data: the longest stretch of at
    least `points` known points of which the median difference between neighbours is at least
    `swing` times the magnitude of the median, the differences change sign at half of the points or
    more, the medians of both halves are within one such difference of each other, the first
    differences are no smaller than half of it, and the last do not die away. It begins with the
    first difference of that half.

    Any noise that is large enough does so: this is for series of which such noise is a fault by
    itself. Delay: `points`. Scaling a series scales the detection; shifting it matters.

    Attributes:
      points: Points that make an episode.
      swing: Median difference between neighbours, as a fraction of the level.

    >>> Restless(points=4).detect(np.array([9.0, 1.0, 3.0, 1.0, 2.5, 0.5]))[0].start
    1
    """

    points: int = 10
    swing: float = 0.5

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the episode in `values`, shape ``[points]``; non-finite ones are passed over.

        `value` is the median difference, `baseline` the level, `threshold` what it had to reach.
        """
        known = np.flatnonzero(np.isfinite(values))
        # Of halves: differences of values near the end of the range would overflow.
        series = values[known].astype(np.float64) / 2
        least = max(self.points, 4)
        if len(series) < least:
            return []
        lengths = np.unique(np.geomspace(least, len(series), _TRIED).astype(int))
        for begin in len(series) - lengths[::-1]:
            stretch = series[begin:]
            swings = np.abs(np.diff(stretch))
            usual, level = median(swings), median(stretch)
            large = usual >= self.swing * abs(level) and usual > 0
            if large and median(swings[:least]) >= usual / 2 and _gets_nowhere(stretch, usual):
                start = int(begin + np.flatnonzero(swings >= usual / 2)[0])
                return [
                    Detection(
                        start=int(known[start]),
                        certain=int(known[min(start + least, len(known)) - 1]),
                        end=None,
                        value=2 * usual,
                        threshold=2 * self.swing * abs(level),
                        baseline=2 * level,
                    )
                ]
        return []


def _gets_nowhere(stretch: FloatArray, usual: float) -> bool:
    differences = np.diff(stretch)
    half = len(differences) // 2
    turns = np.mean(differences[1:] * np.sign(differences[:-1]) < 0)
    moved = abs(median(stretch[: half + 1]) - median(stretch[half:]))
    swings = np.abs(differences)
    lasting = median(swings[-half:]) >= _LASTING * median(swings[:half])
    return bool(turns >= _TURNS and moved <= usual and lasting)

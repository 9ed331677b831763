"""Stretches in which a series goes up and down by turns and gets nowhere."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.detector import Detection, FloatArray

# A swing of less than this fraction of the usual one is no swing, and a stretch whose level moves
# by more than this fraction of it gets somewhere.
_HALF = 0.5

# Later swings that are below this fraction of the earlier ones die away.
_LASTING = 0.75


@dataclasses.dataclass(frozen=True)
class Alternation:
    """Finds where each point lies on the other side of the level from the one before.

    An episode is a stretch of at least `points` known points whose differences change sign at every
    point. None of these swings is below half of their median, and no point is further than that
    median from the level, the median of the middles between neighbours; the level of the second
    half is within half a swing of that of the first, and its swings are no less than three quarters
    as large. Independent noise of any size does so over ten points once in a thousand times, and a
    trend, a cycle of more than two points or a damped swing never does.

    Where that is not so of a whole zigzag it may be so of its newer part, of `points` at least. The
    episode then begins with the first swing that is no less than half of the usual one, and about a
    middle within one swing of the level: a level may sink a little on the way. There is no warm-up;
    the delay is `points`. Scale and shift change nothing but the numbers told.

    Attributes:
      points: Points that make an episode, default 10.

    >>> Alternation(points=4).detect(np.array([5.0, 1.0, 2.0, 1.0, 2.0, 1.0]))[0].start
    1
    """

    points: int = 10

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the episodes in `values`, shape ``[points]``; non-finite ones are passed over.

        `value` is the median swing of the episode, `baseline` its level, `threshold` is NaN.
        """
        known = np.flatnonzero(np.isfinite(values))
        series = values[known].astype(np.float64)
        detections = []
        for first, after in _zigzags(series):
            begin = self._steady_since(series[first:after])
            if begin is None:
                continue
            stretch = series[first + begin : after]
            detections.append(
                Detection(
                    start=int(known[first + _walk_back(series[first:after], begin)]),
                    certain=int(known[first + begin + max(self.points, 3) - 1]),
                    end=int(known[after]) if after < len(known) else None,
                    value=2 * float(np.median(np.abs(np.diff(stretch / 2)))),
                    baseline=float(np.median(_middles(stretch))),
                )
            )
        return detections

    def _steady_since(self, stretch: FloatArray) -> int | None:
        """Returns where the longest steady part that reaches to the end of a zigzag begins."""
        for begin in range(len(stretch) - max(self.points, 3) + 1):
            if _gets_nowhere(stretch[begin:]):
                return begin
        return None


def _zigzags(series: FloatArray) -> list[tuple[int, int]]:
    """Returns beginnings and ends of the longest stretches of which every difference turns."""
    up = np.sign(np.diff(series))
    turns = up[1:] * up[:-1] < 0
    edges = np.flatnonzero(np.diff(turns, prepend=False, append=False))
    # A turn belongs to three points. Neighbouring stretches may share their last point.
    spans = [(int(a), int(b) + 2) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    return [
        (max(first, spans[index - 1][1] if index else 0), after)
        for index, (first, after) in enumerate(spans)
    ]


def _walk_back(zigzag: FloatArray, begin: int) -> int:
    swings, middles = np.abs(np.diff(zigzag / 2)), _middles(zigzag) / 2
    usual, level = np.median(swings[begin:]), np.median(middles[begin:])
    while begin and swings[begin - 1] >= _HALF * usual and abs(middles[begin - 1] - level) <= usual:
        begin -= 1
    return begin


def _middles(stretch: FloatArray) -> FloatArray:
    # Of points by turns high and low an odd number has a median that is either.
    return stretch[:-1] / 2 + stretch[1:] / 2


def _gets_nowhere(stretch: FloatArray) -> bool:
    # Of halves: differences of values near the end of the range would overflow.
    swings = np.abs(np.diff(stretch / 2))
    usual = float(np.median(swings))
    half = len(swings) // 2
    middles = _middles(stretch) / 2
    moved = abs(float(np.median(middles[:half])) - float(np.median(middles[-half:])))
    return bool(
        np.min(swings) >= _HALF * usual > 0
        and np.max(np.abs(stretch / 2 - np.median(middles))) <= usual
        and moved <= _HALF * usual
        and np.median(swings[-half:]) >= _LASTING * np.median(swings[:half])
    )

"""Episodes of NaN or infinity."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.detector import Detection, FloatArray


@dataclasses.dataclass(frozen=True)
class NonFinite:
    """Finds where the count of non-finite values leaves zero, and where it returns.

    The series is a count per point, not the values themselves: a window of fifty steps of which one
    was NaN has a finite mean. It has no threshold, no delay and no warm-up: one value is enough.

    >>> NonFinite().detect(np.array([0.0, 0.0, 3.0, 20.0]))[0].start
    2
    """

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the episodes in which `values`, counts of shape ``[points]``, are above zero."""
        known = np.flatnonzero(~np.isnan(values))
        broken = values[known] > 0
        edges = np.flatnonzero(np.diff(broken, prepend=False, append=False))
        detections = []
        for first, after in zip(edges[::2], edges[1::2], strict=True):
            start = int(known[first])
            end = int(known[after]) if after < len(known) else None
            detections.append(
                Detection(start, start, end, float(values[known[first:after]].max()), threshold=0.0)
            )
        return detections

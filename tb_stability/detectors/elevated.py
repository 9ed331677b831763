"""Episodes in which a series stands at or above a level."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.detectors.detector import Detection, FloatArray


@dataclasses.dataclass(frozen=True)
class Elevated:
    """Finds where a series reaches a level and stays there.

    For quantities whose scale means something by itself, such as the fraction of dead units. An
    episode holds at least `patience` known points, all of them at or above `threshold`. There is no
    baseline: what was before is only told, as the median of the points before the episode.

    Attributes:
      threshold: The level.
      patience: Points that make an episode.

    >>> Elevated(0.5, patience=2).detect(np.array([0.0, 0.9, 0.1, 0.6, 0.7, np.nan, 0.2]))
    [Detection(start=3, certain=4, end=6, value=0.7, threshold=0.5, baseline=0.1, spread=nan)]
    """

    threshold: float
    patience: int = 1

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the episodes in `values`, shape ``[points]``; NaN is passed over."""
        known = np.flatnonzero(~np.isnan(values))
        above = values[known] >= self.threshold
        edges = np.flatnonzero(np.diff(above, prepend=False, append=False))
        detections = []
        for first, after in zip(edges[::2], edges[1::2], strict=True):
            if after - first < self.patience:
                continue
            before = values[known[:first]]
            detections.append(
                Detection(
                    start=int(known[first]),
                    certain=int(known[first + self.patience - 1]),
                    end=int(known[after]) if after < len(known) else None,
                    value=float(np.max(values[known[first:after]])),
                    threshold=self.threshold,
                    baseline=float(np.median(before)) if before.size else np.nan,
                )
            )
        return detections

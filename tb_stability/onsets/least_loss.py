"""What a loss cannot be below, as far as it is known."""

from __future__ import annotations

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.series import RunSeries


def least_loss(run: RunSeries) -> float:
    """Returns the mean entropy of soft labels, the least that a cross-entropy with them can be.

    It is zero where there are none, and in a run of several outputs.
    """
    entropies = list(run.of_quantity("label_entropy", PER_STEP))
    if len(entropies) != 1 or (run.record is not None and len(run.record.outputs) > 1):
        return 0.0
    mean = entropies[0].statistic("mean")[entropies[0].measured]
    known = mean[np.isfinite(mean)]
    return float(np.mean(known)) if known.size else 0.0

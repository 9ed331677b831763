"""A loss that rose within the first window, and never came back to where it began."""

from __future__ import annotations

import numpy as np

from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number

# The lowest of the squared errors of a few single samples varies by more than ten between windows.
_WORSE = 100.0


def lost_at_once(curve: LossCurve, thresholds: Thresholds) -> Onset | None:
    """Returns the divergence of a loss that was never again as low as in the first window.

    What it tells: the very first steps were too large. The loss may fall for the rest of the run,
    and be worse at its end than that of the untrained model.

    Rule: no step of a later window had a loss below 100 times the lowest of the first window. Like
    is compared with like, the lowest of a window with the lowest of another. Delay: `loss_patience`
    windows after the first. Severity: critical. Silent for a log of epochs, and a loss at or below
    zero, which has no scale.
    """
    if curve.of_epochs or len(curve.mean) <= thresholds.loss_patience:
        return None
    lowest = curve.series.statistic("min")[:, 0].astype(np.float64)
    first, later = float(lowest[0]), lowest[1:][np.isfinite(lowest[1:])]
    if not (first > 0 and len(later) >= thresholds.loss_patience):
        return None
    if np.min(later) < _WORSE * first:
        return None
    return Onset(
        kind="loss_divergence",
        severity="critical",
        epoch=curve.epoch(0),
        step=curve.step(0),
        row=None,
        message=(
            f"The loss rose from {number(first)} to {number(curve.untrained)} within the first "
            f"window, and has not come back: it was never below {number(float(np.min(later)))} "
            "since."
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="min",
            rule="no later step had a loss near the lowest of the first window",
            value=float(np.min(later)),
            threshold=_WORSE * first,
            baseline=first,
        ),
    )

"""A loss that falls without bound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.onsets.curve import training_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# Points that show whether a fall slows down: one for each eighth of the run.
_LEAST_POINTS = 8
_EIGHTHS = 8


def is_plunge(onset: Onset) -> bool:
    """Returns whether an onset is of a loss that falls without bound, not of one that rises."""
    evidence = onset.evidence
    return (
        onset.kind == "loss_divergence"
        and evidence.threshold is not None
        and evidence.value < evidence.threshold
    )


def loss_plunge(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where a loss fell below zero by more than it had ever been above, faster and faster.

    What it tells: the loss has no lower bound, as that of a critic without a constraint; its fall
    is no learning. The kind is loss_divergence: down is as wrong as up.

    Rule: the loss ends below ``-loss_plunge`` times its scale, the highest that it ever was or the
    magnitude of its first point, and no quarter of the run took it further down than the last one:
    a likelihood that converges slows down. The quarters are told from the medians of eighths, since
    a loss is noisy. It sets in where the loss first passes minus its scale. Delay: 8 points, and
    until the fall is that deep; it is certain when the run has ended only, since every fall that
    slows down in the end was faster and faster at first. Silent for a fall that slows down, however
    deep. Severity: critical.
    """
    curve = training_curve(run)
    if curve is None:
        return
    known = np.flatnonzero(np.isfinite(curve.mean))
    loss = curve.mean[known].astype(np.float64)
    if len(loss) < _LEAST_POINTS:
        return
    scale = max(float(np.max(loss)), abs(float(loss[0])))
    threshold = -thresholds.loss_plunge * scale
    levels = np.array([np.median(part) for part in np.array_split(loss, _EIGHTHS)])
    falls = levels[:-2] - levels[2:]
    if not (loss[-1] < threshold and falls[-1] > 0 and falls[-1] >= np.max(falls)):
        return
    index = int(known[np.flatnonzero(loss < -scale)[0]])
    yield Onset(
        kind="loss_divergence",
        severity="critical",
        epoch=curve.epoch(index),
        step=curve.step(index),
        row=None,
        message=(
            f"The loss falls without bound: below {number(-scale)} at {curve.place(index)}, to "
            f"{number(float(loss[-1]))} at the end, and faster and faster."
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="value" if curve.of_epochs else "mean",
            rule="falls below zero by far more than it was ever above, and does not slow down",
            value=float(loss[-1]),
            threshold=threshold,
            baseline=scale,
        ),
    )

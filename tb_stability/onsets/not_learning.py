"""A loss that never improves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.onsets.chance_accuracy import loss_of_guessing
from tb_stability.onsets.curve import LossCurve, training_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# A classifier that stays below this fraction of the loss of guessing was trained before.
_TRAINED = 0.5


def not_learning(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the start of a run whose loss is as high at its best as it was at the start.

    What it tells: training changes nothing, since no gradient arrives, the rate is too low, or the
    outputs are stuck.

    Rule: in a run of at least `learning_epochs` epochs, the lowest loss of a window lies less than
    `learning_improvement` below the highest loss of a step in the first window. That highest step
    stands for the untrained model. It holds the noise of single batches too, which makes the rule
    silent where the noise is as large as the improvement that it looks for: there a window says
    little. Silent, too, for a classifier whose loss is below half of that of guessing: it was
    trained before. Delay: `learning_epochs`. Severity: warning. A loss that was not finite is no
    evidence, and a loss that starts at or below zero has no scale.
    """
    curve = training_curve(run)
    if curve is None or run.epochs < thresholds.learning_epochs:
        return
    start = _start(curve)
    known = np.flatnonzero(np.isfinite(curve.mean))
    if len(known) < len(curve.mean) or not start > 0:
        return
    best = float(np.min(curve.mean))
    guessing = loss_of_guessing(run)
    if guessing is not None and best < _TRAINED * guessing:
        return
    threshold = (1 - thresholds.learning_improvement) * start
    if best <= threshold:
        return
    yield Onset(
        kind="not_learning",
        severity="warning",
        epoch=curve.epoch(0),
        step=curve.step(0),
        row=None,
        message=(
            f"The loss never improves: it starts at {number(start)}, and its best in "
            f"{run.epochs} epochs is {number(best)}."
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="mean" if not curve.of_epochs else "value",
            rule="the lowest loss of all windows is hardly below the loss of the untrained model",
            value=best,
            threshold=threshold,
            baseline=start,
        ),
    )


def _start(curve: LossCurve) -> float:
    first = curve.mean if curve.highest is None else curve.highest
    return float(first[0]) if len(first) else np.nan

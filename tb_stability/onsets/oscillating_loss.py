"""A loss that swings to and fro and gets nowhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import Alternation, Detection, Restless
from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.objective import lowered_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.rates import rates_of
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# Windows that an epoch needs to be judged by them.
_WINDOWS = 4

# Steps that an epoch needs for its mean to be free of the noise of batches.
_STEPS = 10

# Points that the start of a run is taken from.
_FIRST_POINTS = 4


def oscillating_loss(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where the loss began to swing to and fro without getting anywhere.

    What it tells: steps are so long that each lands on the other side of the valley, as of gradient
    descent with a rate near twice the inverse of the curvature (Cohen et al., Gradient Descent on
    Neural Networks Typically Occurs at the Edge of Stability, 2021).

    Rule, on the mean loss of each epoch, over at least `oscillation_points` of them and to the end
    of the data: it goes up and down by turns, by swings that do not shrink, about a level that
    moves by less (`tb_stability.detectors.alternation`); or it jumps about so much that each epoch
    is off the one before by `oscillation_swing` of the level, in the median
    (`tb_stability.detectors.restless`). The swing is at least `loss_relative` of the level, and
    `loss_giveback` of what had been gained since the start: a loss that has reached its end may
    swing there by factors. Within epochs of four and more windows these are asked whether they
    alternate, over twice as many; of shorter ones the windows differ by themselves.

    Delay: `oscillation_points` epochs, or twice as many windows. Severity: warning. Silent on
    noise, which does not alternate, and on that of single batches, however large; where the
    learning rate goes up and down itself; where all of it is clear of the best level before, which
    is a divergence; and for losses that are not meant to fall.
    """
    curve = lowered_curve(run)
    if curve is None or not np.isfinite(curve.mean).any():
        return
    found, begun, length = _swinging(curve, thresholds)
    if found is None:
        return
    start = float(np.median(curve.mean[np.isfinite(curve.mean)][:_FIRST_POINTS]))
    level = found.baseline
    least = max(
        thresholds.loss_relative * abs(level), thresholds.loss_giveback * max(start - level, 0.0)
    )
    rates = rates_of(run)
    by_design = rates is not None and rates.cycles(curve.step(begun), int(curve.series.step[-1]))
    if found.value < least or by_design or _never_returns(curve, begun, start, thresholds):
        return
    yield Onset(
        kind="oscillating_loss",
        severity="warning",
        epoch=curve.epoch(begun),
        step=curve.step(begun),
        row=None,
        message=(
            f"The loss swings up and down by {number(found.value)} about {number(level)} since "
            f"{curve.place(begun)}, for {length}: by more than it falls."
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="value" if curve.of_epochs else "mean",
            rule="goes up and down, by more than its level moves, to the end",
            value=found.value,
            threshold=least,
            baseline=level,
        ),
    )


def _never_returns(curve: LossCurve, begun: int, start: float, thresholds: Thresholds) -> bool:
    """Returns whether all of the swings are clear of the best level before: a divergence."""
    before, since = curve.mean[:begun], curve.mean[begun:]
    before, since = before[np.isfinite(before)], since[np.isfinite(since)]
    if len(before) < _FIRST_POINTS or not len(since):
        return False
    best = float(np.min(before))
    lost = thresholds.loss_giveback * max(start - best, 0.0)
    return float(np.min(since)) > best + max(lost, thresholds.loss_relative * abs(best))


def _swinging(curve: LossCurve, thresholds: Thresholds) -> tuple[Detection | None, int, str]:
    """Returns the swing that lasts to the end, the point where it began, and its length."""
    points = thresholds.oscillation_points
    loss, begins, steps = curve.by_epoch()
    found = [item for item in Alternation(points).detect(loss) if item.end is None]
    if not found and steps >= _STEPS:
        found = Restless(points, thresholds.oscillation_swing).detect(loss)
    if found:
        first = min(found, key=lambda item: item.start)
        return first, int(begins[first.start]), f"{len(loss) - first.start} epochs"
    if len(curve.mean) >= _WINDOWS * len(begins):
        for item in Alternation(2 * points).detect(curve.mean):
            if item.end is None:
                return item, item.start, f"{len(curve.mean) - item.start} windows"
    return None, 0, ""

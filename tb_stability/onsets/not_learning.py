"""A loss that never improves."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tb_stability.detectors.baseline import MAD_TO_SIGMA
from tb_stability.metadata import PER_STEP
from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.guessing import Guessing, accuracy_curve, guessing_in
from tb_stability.onsets.objective import lowered_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import FloatArray, RunSeries

# A classifier that stays below this fraction of the loss of guessing was trained before.
_TRAINED = 0.5

# A classifier whose losses lie between these fractions of it guesses.
_AT_GUESSING = (0.97, 1.05)

# A loss above this multiple of it is worse than knowing nothing.
_FAR_ABOVE = 3.0

# An accuracy that no guessing among balanced classes reaches: a half and a tenth of the rest.
_KNOWING = 0.55

# Points that show whether a loss levels off: three for each quarter.
_LEAST_POINTS = 12

# A log that begins later than this, counted from 0 or from 1, is of a run that was resumed.
_FIRST_EPOCH = 1


def not_learning(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the start of a run whose loss is as high at its best as it was at the start.

    What it tells: training changes nothing, since no gradient arrives, the rate is too low, or the
    outputs are stuck.

    Rule: in a run of at least `learning_epochs` epochs, the lowest loss of a window lies less than
    `learning_improvement` below the highest loss of a step in the first window. That highest step
    stands for the untrained model. It holds the noise of single batches too, which makes the rule
    silent where the noise is as large as the improvement that it looks for: there a window says
    little. Of a log of epochs, where the untrained model is not seen, the lowest loss lies less
    than `learning_improvement_epochs` below the first.

    Or, where it is known what guessing gives and no accuracy is logged (else chance_accuracy tells
    it): no window's loss is below 0.97 of that of guessing, and half are within 1.05 of it, however
    it began. Or no window's loss is below three times that of guessing, while the logits are as
    large as `logit_size`: the outputs are sure of themselves, and wrong.

    Silent where no accuracy is logged and the loss comes down in a curve that levels off, far
    beyond its noise: then it has learnt what it could, on top of a term that it cannot change,
    however large. Silent, too, for a model that was trained before or learns all the same: a
    classifier whose loss is below half of that of guessing, whose accuracy is better than guessing
    in the first epoch or above 0.55 in any; a log that begins in the middle. And for a loss that is
    not meant to fall, as a GAN's. Delay: `learning_epochs`. Severity: warning. A loss that was not
    finite is no evidence, and a loss that starts at or below zero has no scale.
    """
    curve = lowered_curve(run)
    if curve is None or run.epochs < thresholds.learning_epochs:
        return
    start = curve.untrained
    known = np.flatnonzero(np.isfinite(curve.mean))
    if len(known) < len(curve.mean) or not start > 0:
        return
    best = float(np.min(curve.mean))
    improvement = (
        thresholds.learning_improvement_epochs
        if curve.of_epochs
        else thresholds.learning_improvement
    )
    threshold = (1 - improvement) * start
    guessing, accuracy = guessing_in(run), accuracy_curve(run)
    guesses = guessing is not None and accuracy is None and _guesses(curve.mean, guessing)
    wrong = guessing is not None and _is_surely_wrong(run, best, guessing, thresholds)
    if _knows_something(run, best, guessing, accuracy, sure=wrong):
        return
    if not (best > threshold or guesses or wrong):
        return
    if accuracy is None and not (guesses or wrong) and _levels_off(curve.mean, thresholds.spreads):
        return
    told = f" That of {guessing} is {number(guessing.loss)}." if guessing is not None else ""
    at_guessing = told if guesses or wrong else ""
    worse = wrong and best <= threshold
    if worse and guessing is not None:
        threshold = _FAR_ABOVE * guessing.loss
    yield Onset(
        kind="not_learning",
        severity="warning",
        epoch=curve.epoch(0),
        step=curve.step(0),
        row=None,
        message=(
            f"The loss {'is never good' if worse else 'never improves'}: it starts at "
            f"{number(start)}, and its best in {run.epochs} epochs is {number(best)}.{at_guessing}"
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="mean" if not curve.of_epochs else "value",
            rule="the lowest loss of all windows is far above that of guessing"
            if worse
            else "the lowest loss of all windows is hardly below the loss of the untrained model",
            value=best,
            threshold=threshold,
            baseline=start,
        ),
    )


def _levels_off(loss: FloatArray, spreads: float) -> bool:
    """Returns whether a loss came down in a curve that levels off.

    By the medians of its quarters, the first fall is more than noise and at least twice the second,
    and that no less than the third. It took several points: no single one was half of it, as is the
    first of a run that is stuck from then on. What falls evenly has only begun, at too low a rate.
    """
    if len(loss) < _LEAST_POINTS:
        return False
    levels = [float(np.median(quarter)) for quarter in np.array_split(loss, 4)]
    first, second, third = -np.diff(levels)
    steps = -np.diff(loss)
    noise = MAD_TO_SIGMA * float(np.median(np.abs(steps - np.median(steps)))) / math.sqrt(2)
    gradual = float(np.max(steps)) < (float(np.max(loss)) - float(np.min(loss))) / 2
    return bool(gradual and first > spreads * noise and first >= 2 * second >= 2 * third)


def _guesses(loss: FloatArray, guessing: Guessing) -> bool:
    low, high = _AT_GUESSING[0] * guessing.loss, _AT_GUESSING[1] * guessing.loss
    return bool(np.min(loss) >= low and np.median(loss) <= high)


def _is_surely_wrong(
    run: RunSeries, best: float, guessing: Guessing, thresholds: Thresholds
) -> bool:
    size = run.first_of("logits", PER_STEP, "mean_abs")
    if size is None or not best >= _FAR_ABOVE * guessing.loss:
        return False
    mean = size.statistic("mean")[size.measured]
    return bool(mean.size and np.nanmedian(mean) >= thresholds.logit_size)


def _knows_something(
    run: RunSeries,
    best: float,
    guessing: Guessing | None,
    accuracy: LossCurve | None,
    *,
    sure: bool,
) -> bool:
    if run.windows.epoch[0] > _FIRST_EPOCH or (run.record and run.record.first_step > 1):
        return True
    if guessing is not None and best < _TRAINED * guessing.loss:
        return True
    if accuracy is None or np.isnan(accuracy.mean).all():
        return False
    if guessing is None:
        return float(np.nanmax(accuracy.mean)) > _KNOWING
    if accuracy.mean[0] > guessing.better and not sure:
        return True
    if sure:
        return float(np.nanmax(accuracy.mean)) > _KNOWING
    return float(np.nanmax(accuracy.mean)) > max(_KNOWING, guessing.better)

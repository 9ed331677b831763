"""A loss that never improves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.onsets.averaging import SETTLED_ABOVE, loss_of_averaging, settles_above
from tb_stability.onsets.course import is_flat, levels_off, without_noise
from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.guessing import Guessing, accuracy_curve, guessing_in
from tb_stability.onsets.least_loss import least_loss
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

# A regression below this fraction of the loss of always predicting the mean has learnt something.
_BETTER_THAN_AVERAGING = 0.9

# An accuracy that no guessing among balanced classes reaches: a half and a tenth of the rest.
_KNOWING = 0.55

# A log that begins later than this, counted from 0 or from 1, is of a run that was resumed.
_FIRST_EPOCH = 1


def not_learning(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the start of a run whose loss is as high at its best as it was at the start.

    What it tells: training changes nothing, since no gradient arrives, the rate is too low, or the
    outputs are stuck.

    Rule: in a run of at least `learning_epochs` epochs, the lowest loss of a window lies less than
    `learning_improvement` below the highest loss of a step in the first window. That highest step
    stands for the untrained model. It holds the noise of single batches too: where no epoch is
    below the first by `learning_improvement_epochs`, or the loss is three times that of always
    predicting the mean of the targets (see `tb_stability.onsets.averaging`), it is taken less by
    what the highest step of a window is above its mean in the windows after it. Of a log of epochs,
    where the untrained model is not seen, the lowest loss lies less than
    `learning_improvement_epochs` below the first. All of this is less the entropy of soft labels,
    below which no loss gets (`tb_stability.onsets.least_loss`).

    Or, where it is known what guessing gives, of labels that are not soft, and no accuracy is
    logged (else chance_accuracy tells it): no window's loss is below 0.97 of that of guessing, and
    half are within 1.05 of it, however it began. Or no window's loss is below three times that of
    guessing, while the logits are as large as `logit_size`: the outputs are sure of themselves, and
    wrong. Or the loss of the second half of the epochs is the same to
    `learning_improvement_epochs`, and 1.5 times that of always predicting the mean of the targets
    or more.

    Silent where no accuracy is logged and the loss comes down in a curve that levels off, far
    beyond its noise: then it has learnt what it could, on top of a term that it cannot change,
    however large; but not where it is three times that of predicting the mean. Silent, too, for a
    model that was trained before or learns all the same: a classifier whose loss is below half of
    that of guessing, a regression whose loss is below 0.9 of that of always predicting the mean, a
    classifier whose accuracy is better than guessing in the first epoch or above 0.55 in any; a log
    that begins in the middle. And for a loss that is not meant to fall, as a GAN's. Delay:
    `learning_epochs`. Severity: warning. A loss that was not finite is no evidence, and a loss that
    starts at or below zero has no scale.
    """
    curve = lowered_curve(run)
    if curve is None or run.epochs < thresholds.learning_epochs:
        return
    if not np.isfinite(curve.mean).all():
        return
    start, best = curve.untrained, float(np.min(curve.mean))
    if not start > 0:
        return
    least = min(least_loss(run), start)
    guessing, accuracy = guessing_in(run), accuracy_curve(run)
    classes = guessing is not None and accuracy is None and not least
    guesses = guessing is not None and classes and _guesses(curve.mean, guessing)
    wrong = guessing is not None and _is_surely_wrong(run, best, guessing, thresholds)
    averaging = loss_of_averaging(run)
    if averaging is not None and best < _BETTER_THAN_AVERAGING * averaging:
        return
    if _knows_something(run, best, guessing, accuracy, sure=wrong):
        return
    far_above = averaging is not None and best >= _FAR_ABOVE * averaging
    settled = averaging is not None and settles_above(curve, averaging, thresholds)
    starts = [start]
    told_otherwise = guessing is not None and accuracy is not None
    if far_above or (not told_otherwise and is_flat(curve, least, thresholds)):
        starts.append(without_noise(curve))
    improvement = (
        thresholds.learning_improvement_epochs
        if curve.of_epochs
        else thresholds.learning_improvement
    )
    stuck = [one for one in starts if best > one - improvement * (one - least)]
    if not (stuck or guesses or wrong or settled):
        return
    certain = accuracy is not None or guesses or wrong or far_above or settled
    if not certain and levels_off(curve.mean, thresholds.spreads):
        return
    start = stuck[0] if stuck else start
    threshold = start - improvement * (start - least)
    beside = ""
    if guessing is not None and (guesses or wrong):
        beside = f" That of {guessing} is {number(guessing.loss)}."
    elif averaging is not None and (far_above or settled):
        beside = f" That of always predicting the mean of the targets is {number(averaging)}."
    worse = (wrong or settled) and best <= threshold
    if worse and guessing is not None:
        threshold = _FAR_ABOVE * guessing.loss
    elif worse and averaging is not None:
        threshold = SETTLED_ABOVE * averaging
    yield Onset(
        kind="not_learning",
        severity="warning",
        epoch=curve.epoch(0),
        step=curve.step(0),
        row=None,
        message=(
            f"The loss {'is never good' if worse else 'never improves'}: it starts at "
            f"{number(start)}, and its best in {run.epochs} epochs is {number(best)}.{beside}"
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="mean" if not curve.of_epochs else "value",
            rule="the lowest loss of all windows is far above that of knowing nothing"
            if worse
            else "the lowest loss of all windows is hardly below the loss of the untrained model",
            value=best,
            threshold=threshold,
            baseline=start,
        ),
    )


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
    best_accuracy = float(np.nanmax(accuracy.mean))
    if guessing is None or sure:
        return best_accuracy > _KNOWING
    begins_better = bool(accuracy.mean[0] > guessing.better)
    return begins_better or best_accuracy > max(_KNOWING, guessing.better)

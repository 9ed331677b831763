"""A classifier that guesses."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from tb_stability.onsets.curve import epoch_curve
from tb_stability.onsets.guessing import (
    Guessing,
    accuracy_curve,
    always_the_same,
    by_another_loss,
    guessing_in,
)
from tb_stability.onsets.least_loss import least_loss
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import FloatArray, RunSeries

# Below this fraction of the loss of guessing, a classifier has learnt something.
_GUESSING = 0.97

# Above this multiple of it, it has not come down as far as guessing would.
_ABOVE = 1.05


def chance_accuracy(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the start of a run whose classifier never does better than guessing.

    What it tells: the outputs do not depend on the inputs, whatever the loss does.

    Rule: in a run of at least `learning_epochs` epochs that minimises a cross-entropy, the accuracy
    never exceeds twice that of guessing, nor that by a tenth of what is left to one, and the loss
    of no epoch is below 0.97 of that of guessing (less the entropy of soft labels): a classifier of
    a thousand classes that learns slowly lowers its loss long before its accuracy rises. Of a
    softmax with another loss than a cross-entropy, the loss of no epoch is below that of the first
    by `learning_improvement_epochs`. What guessing gives is known from the labels and logits
    measured, from logs that show nothing else, or by an accuracy that never changes: see
    `tb_stability.onsets.guessing`. Delay: `learning_epochs`. Silent where that is not known, and
    for a run that begins to learn, however late: also one whose loss is above that of guessing yet,
    below that of even shares, and still comes down, as where nearly all pixels are background.
    Severity: warning.
    """
    loss, accuracy = epoch_curve(run, "loss"), accuracy_curve(run)
    if loss is None or accuracy is None or run.epochs < thresholds.learning_epochs:
        return
    if not (np.isfinite(loss.mean).all() and np.isfinite(accuracy.mean).all()):
        return
    best, lowest = float(np.max(accuracy.mean)), float(np.min(loss.mean))
    least = least_loss(run)
    unmoved = (1 - thresholds.learning_improvement_epochs) * float(loss.mean[0])
    falling = _is_falling(loss.mean, thresholds)

    def has_not_learnt(guess: Guessing) -> bool:
        if best > guess.better or (falling and _ABOVE * guess.loss < lowest < _even(guess)):
            return False
        # Of another loss than a cross-entropy it is only known whether it falls.
        bound = unmoved if math.isnan(guess.loss) else least + _GUESSING * (guess.loss - least)
        return lowest >= bound

    known = (guessing_in(run), always_the_same(run), by_another_loss(run))
    guesses = [guess for guess in known if guess is not None and has_not_learnt(guess)]
    if not guesses:
        return
    guessing = guesses[0]
    yield Onset(
        kind="chance_accuracy",
        severity="warning",
        epoch=accuracy.epoch(0),
        step=int(run.windows.first_step[0]),
        row=None,
        message=(
            f"The accuracy stays at chance: {number(best)} at best in {run.epochs} epochs, where "
            f"{guessing.naming} gives {number(guessing.accuracy)}."
        ),
        evidence=Evidence(
            tag=accuracy.tag,
            statistic="value",
            rule="the accuracy never exceeds chance, nor does the loss fall below that of guessing",
            value=best,
            threshold=guessing.better,
            baseline=guessing.accuracy,
        ),
    )


def _even(guess: Guessing) -> float:
    """Returns the loss from which on some of the shares are known: that of taking all for alike."""
    return _GUESSING * math.log(guess.classes) if guess.classes else 0.0


def _is_falling(loss: FloatArray, thresholds: Thresholds) -> bool:
    """Returns whether a loss still comes down, by the medians of the last two thirds of it."""
    if len(loss) < 2 * thresholds.learning_epochs:
        return False
    _, before, last = (float(np.median(third)) for third in np.array_split(loss, 3))
    return last < (1 - thresholds.learning_improvement) * before

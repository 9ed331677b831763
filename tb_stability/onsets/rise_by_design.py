"""Whether a loss rises because its making changes, and not because training goes wrong."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.curve import LossCurve, epoch_curve
from tb_stability.onsets.guessing import accuracy_curve
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.worse_epochs import is_given_back
from tb_stability.series import RunSeries

# Share of a rise that one point may have. Steps that are too large grow by themselves: of the
# divergences of demo/ and benchmarks/faulty, trained from their first seeds, all but two
# (adam_rate, step_longer_than_the_valley) have half of their rise from one point.
_LARGEST_SHARE = 0.5

# Times the gradient's norm was before. Units that die take theirs with them.
_LEAST_GRADIENT = 0.5

# Times the weights' norm was before. Steps that go wrong carry the weights away; the penalty that
# is given more weight holds them.
_MOST_WEIGHT = 1.1

# What an accuracy may be below its best.
_ACCURACY = 0.05

# Parts of the time since: none of them may stand out.
_PARTS = 3


def rises_by_design(
    run: RunSeries, curve: LossCurve, rise: Detection, thresholds: Thresholds
) -> bool:
    """Returns whether a loss rises by degrees while all of the model stays on its course.

    So it does where the weight of a penalty is raised, as that of a variational autoencoder's
    divergence (Bowman et al., Generating sentences from a continuous space, 2016), or where the
    targets become harder. A training that goes wrong shows it elsewhere, too: its gradients grow
    with the loss or die, its weights are carried away, or its accuracy falls.

    Rule: no point has half of the rise; since it began, every layer's gradient norm stays between
    half of what it was in the median and `gradient_factor` times that, and no layer's weights have
    grown by more than a tenth; and the accuracy, where one is logged, is at most 0.05 below its
    best. False where gradients or weights were not measured on both sides.
    """
    step = curve.step(rise.start)
    gradients = list(_rows(run, GRADIENT_NORM.name, "mean", step))
    weights = list(_rows(run, "weight_norm", "value", step))
    if not (gradients and weights and _is_gradual(curve, rise)) or _accuracy_falls(run):
        return False
    return all(
        min(row.since) >= _LEAST_GRADIENT * row.before
        and max(row.since) <= thresholds.gradient_factor * row.before
        for row in gradients
    ) and all(max(row.since) <= _MOST_WEIGHT * row.before for row in weights)


def validation_is_well(
    run: RunSeries, curve: LossCurve, rise: Detection, thresholds: Thresholds
) -> bool:
    """Returns whether the validation loss keeps what it gained, though the training loss rises.

    The data of validation stay the same. So it is where those of training become harder: in a
    curriculum, with more augmentation or dropout.

    Rule: a validation before the rise had a lower loss than an untrained model; the last one is no
    earlier than the rise is certain, and has not given back `loss_giveback` of what was gained, or
    is within `loss_relative` of the best; its accuracy, where one is logged, is at most 0.05 below.
    """
    validation = epoch_curve(run, "val_loss")
    if validation is None or not len(validation.mean):
        return False
    step, certain = validation.series.step, curve.series.step[rise.certain]
    # Batch normalisation may validate so badly for a while that a lost model looks better.
    before = float(np.nanmin(validation.mean[step < curve.step(rise.start)], initial=np.inf))
    if not (before < curve.untrained and certain <= step[-1]) or _accuracy_falls(run, "val_"):
        return False
    # One that is not finite is no better than any.
    known = validation.mean[np.isfinite(validation.mean)]
    start = min(float(known[0]), curve.untrained)
    return bool(np.isfinite(validation.mean[-1])) and not is_given_back(known, start, thresholds)


def _is_gradual(curve: LossCurve, rise: Detection) -> bool:
    loss = curve.mean[max(rise.start - 1, 0) :]
    loss = loss[np.isfinite(loss)]
    steepest = np.max(np.diff(loss), initial=0.0)
    return bool(steepest <= _LARGEST_SHARE * (rise.value - rise.baseline))


def _accuracy_falls(run: RunSeries, prefix: str = "") -> bool:
    accuracy = accuracy_curve(run, prefix)
    known = np.zeros(0) if accuracy is None else accuracy.mean[np.isfinite(accuracy.mean)]
    return bool(len(known) and known[-1] < known.max() - _ACCURACY)


@dataclasses.dataclass(frozen=True)
class _Row:
    """Norms of one row: in the median before a step, and in that of each part of the time since."""

    before: float
    since: tuple[float, ...]


def _rows(run: RunSeries, quantity: str, statistic: str, step: int) -> Iterator[_Row]:
    """Yields the rows that were measured before a step and since.

    The first quarter of what was before is left out: there everything is on the move.
    """
    for series in run.of_quantity(quantity, (statistic, "count")):
        value = series.statistic(statistic)
        known = series.measured & np.isfinite(value)
        for row in range(len(series.rows)):
            before = value[known[:, row] & (series.step < step), row]
            since = value[known[:, row] & (series.step >= step), row]
            if len(before) and len(since):
                parts = np.array_split(since, min(_PARTS, len(since)))
                yield _Row(
                    before=float(np.median(before[len(before) // 4 :])),
                    since=tuple(float(np.median(part)) for part in parts),
                )

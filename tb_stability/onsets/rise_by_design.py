"""Whether a loss rises because its making changes, and not because training goes wrong."""

from __future__ import annotations

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.curve import LossCurve
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import BoolArray, FloatArray, RunSeries

# Share of a rise that one point may have. Steps that are too large grow by themselves: of the
# divergences in demo/ and benchmarks/faulty all but one have half of their rise from one point.
_LARGEST_SHARE = 0.5

# Times the gradient's norm was before. Units that die take theirs with them.
_LEAST_GRADIENT = 0.5

# Times the weights' norm was before. Steps that go wrong carry the weights away; the penalty that
# is given more weight holds them.
_MOST_WEIGHT = 1.1

# Parts of the time since: none of them may stand out.
_PARTS = 3


def rises_by_design(
    run: RunSeries, curve: LossCurve, rise: Detection, thresholds: Thresholds
) -> bool:
    """Returns whether a loss rises by degrees while all of the model stays on its course.

    So it does where the weight of a penalty is raised, as that of a variational autoencoder's
    divergence (Bowman et al., Generating sentences from a continuous space, 2016), or where the
    data become harder. A training that goes wrong shows it elsewhere, too: its gradients grow with
    the loss or die, or its weights are carried away.

    Rule: no point has half of the rise; since it began, every layer's gradient norm stays between
    half of what it was in the median and `gradient_factor` times that, and no layer's weights have
    grown by more than a tenth. False where gradients or weights were not measured on both sides.
    """
    step = curve.step(rise.start)
    gradients = _changes(run, GRADIENT_NORM.name, "mean", step)
    weights = _changes(run, "weight_norm", "value", step)
    return bool(
        _is_gradual(curve, rise)
        and len(gradients)
        and len(weights)
        and gradients.min() >= _LEAST_GRADIENT
        and gradients.max() <= thresholds.gradient_factor
        and weights.max() <= _MOST_WEIGHT
    )


def _is_gradual(curve: LossCurve, rise: Detection) -> bool:
    loss = curve.mean[max(rise.start - 1, 0) :]
    loss = loss[np.isfinite(loss)]
    steepest = np.max(np.diff(loss), initial=0.0)
    return bool(steepest <= _LARGEST_SHARE * (rise.value - rise.baseline))


def _changes(run: RunSeries, quantity: str, statistic: str, step: int) -> FloatArray:
    """Returns what the rows of a quantity became from a step on, as multiples of what they were.

    The first quarter of what was before is left out: there everything is on the move.
    """
    changes: list[float] = []
    for series in run.of_quantity(quantity, (statistic, "count")):
        known = series.measured & np.isfinite(series.statistic(statistic))
        value = np.where(known, series.statistic(statistic), np.nan)
        before = np.flatnonzero(series.step < step)
        before = before[len(before) // 4 :]
        after = np.flatnonzero(series.step >= step)
        for row in range(len(series.rows)):
            usual = _median(value[before, row], known[before, row])
            parts = np.array_split(after, _PARTS)
            since = [_median(value[part, row], known[part, row]) for part in parts]
            since = [one for one in since if np.isfinite(one)]
            if since and usual > 0:
                changes += [one / usual for one in since]
    return np.array(changes)


def _median(values: FloatArray, known: BoolArray) -> float:
    return float(np.median(values[known])) if known.any() else np.nan

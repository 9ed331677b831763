"""What a run was like while it was healthy, in the numbers that its remedies need."""

from __future__ import annotations

import numpy as np

from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.rates import RAISED, rates_of
from tb_stability.series import RunSeries

# Percentile of the healthy gradient norms at which to clip: one healthy step in twenty is clipped.
# Pascanu et al., On the difficulty of training recurrent neural networks (2013), section 3.2, set
# the threshold from the average norm over many updates; a percentile needs no assumption on the
# tail.
CLIP_PERCENTILE = 95


def healthy_norm(run: RunSeries, step: int) -> float | None:
    """Returns the percentile of the norm over all layers, of the windows that end before a step.

    Per window it is the root of the squared mean norms of all layers.
    """
    series = run.first_of(GRADIENT_NORM.name, GRADIENT_NORM.statistics)
    if series is None:
        return None
    mean = series.statistic("mean")[series.step < step].astype(np.float64)
    measured = series.measured[series.step < step]
    total = np.sqrt(np.square(np.where(measured, mean, 0.0)).sum(axis=1))
    total = total[np.isfinite(total) & (total > 0)]
    return float(np.percentile(total, CLIP_PERCENTILE)) if total.size else None


def rate_at(run: RunSeries, step: int) -> float | None:
    """Returns the learning rate with which a step was taken, None where it is not known."""
    rates = rates_of(run)
    if rates is not None:
        return rates.at(step)
    return run.record.learning_rate if run.record else None


def healthy_rate(run: RunSeries, step: int) -> float | None:
    """Returns the median learning rate before a step, None where none was logged."""
    rates = rates_of(run)
    return None if rates is None else rates.before(step)


def was_raised(run: RunSeries, step: int) -> bool:
    """Returns whether the learning rate at a step is well above what it was before."""
    rate, healthy = rate_at(run, step), healthy_rate(run, step)
    return rate is not None and healthy is not None and rate >= RAISED * healthy > 0


def usual_ratio(run: RunSeries, step: int | None = None) -> float | None:
    """Returns the update ratio of the layer that changes the most, in the median over windows.

    Args:
      run: What was measured.
      step: Only windows that end before it are asked; None for all.
    """
    series = run.first_of("update_ratio", ("value", "count"))
    if series is None:
        return None
    value = np.where(series.measured, series.statistic("value"), np.nan)
    value = value if step is None else value[series.step < step]
    columns = [column[np.isfinite(column)] for column in value.T]
    return max((float(np.median(column)) for column in columns if column.size), default=None)

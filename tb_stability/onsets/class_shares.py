"""How the classes share the labels, as far as they were sampled."""

from __future__ import annotations

import numpy as np

from tb_stability.series import FloatArray, RunSeries, Series

# Windows that show which classes there are: a tenth of all labels is missed by three batches of 32
# once in twenty thousand times.
_ENOUGH = 3

# Share of the labels that is of new classes where a task has changed. Classes that are merely rare
# have less.
_MANY = 0.2


def class_shares(series: Series) -> FloatArray:
    """Returns the share of each class over all windows of `labels`, shape ``[classes]``."""
    share = np.where(series.measured, series.statistic("value"), 0.0)
    weight = np.where(series.measured, series.statistic("count"), 0.0).astype(np.float64)
    seen = weight.sum(axis=0)
    shares: FloatArray = (share * weight).sum(axis=0) / np.where(seen > 0, seen, 1.0)
    return shares


def brings_new_classes(run: RunSeries, step: int) -> bool:
    """Returns whether, from a step on, many labels are of classes that no label was of before.

    So it is where a model is given one task after another. Only the sampled batches are known, and
    no class is new in the first `_ENOUGH` of their windows.

    Args:
      run: The run.
      step: Where something else was seen to begin.
    """
    return any(_are_new(series, step) for series in run.of_quantity("labels", ("value", "count")))


def _are_new(series: Series, step: int) -> bool:
    share = np.where(series.measured, series.statistic("value"), 0.0)
    known = series.measured.any(axis=1)
    before = known & (series.step < step)
    after = np.flatnonzero(known & (series.step >= step))[:_ENOUGH]
    if before.sum() < _ENOUGH or not len(after):
        return False
    new = (share[before] <= 0).all(axis=0)
    return bool(np.mean(share[after][:, new].sum(axis=1)) >= _MANY)

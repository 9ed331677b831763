"""From the measurements of a window's steps to the statistics of `metadata.PER_STEP`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tb_stability.merging import MOST_COUNT as MOST_COUNT
from tb_stability.metadata import PER_STEP

FloatArray = npt.NDArray[np.float32]

# Stands in an accumulator for "not measured": a float32 that no measurement is ever rounded to, and
# unlike NaN not one that a measurement may be.
MISSING = np.finfo(np.float32).min


def per_step_statistics(values: FloatArray) -> FloatArray:
    """Returns the statistics of a window.

    Args:
      values: float32 ``[steps, rows]``; `MISSING` where a row was not measured in a step.

    Returns:
      float32 ``[rows, statistics]``, in the order of `metadata.PER_STEP`.

    Example:

    >>> per_step_statistics(np.array([[1.0], [3.0]], np.float32))[0, :3]
    array([2., 1., 3.], dtype=float32)
    """
    result = np.full((values.shape[1], len(PER_STEP)), np.nan, dtype=np.float32)
    statistic = {name: result[:, index] for index, name in enumerate(PER_STEP)}
    measured = values != MISSING
    finite = measured & np.isfinite(values)
    nonfinite = measured & ~finite

    statistic["count"][:] = measured.sum(axis=0)
    statistic["nonfinite"][:] = nonfinite.sum(axis=0)
    statistic["argmax"][:] = 0
    statistic["first_nonfinite"][:] = -1
    if not measured.any():
        return result
    some = nonfinite.any(axis=0)
    statistic["first_nonfinite"][some] = nonfinite.argmax(axis=0)[some]

    # A row with no finite measurement shows the last of its others, as its own kind of value.
    last_of_all = _last_position(measured)
    seen = np.take_along_axis(values, last_of_all[np.newaxis], axis=0)[0]
    only_nonfinite = measured.any(axis=0) & ~finite.any(axis=0)
    for name in ("mean", "min", "max", "last"):
        statistic[name][only_nonfinite] = seen[only_nonfinite]
    statistic["argmax"][only_nonfinite] = last_of_all[only_nonfinite]

    some = finite.any(axis=0)
    values, finite = values[:, some], finite[:, some]
    total = np.sum(values, axis=0, dtype=np.float64, where=finite)
    statistic["mean"][some] = total / finite.sum(axis=0)
    statistic["min"][some] = np.min(values, axis=0, where=finite, initial=np.inf)
    statistic["max"][some] = np.max(values, axis=0, where=finite, initial=-np.inf)
    last = _last_position(finite)[np.newaxis]
    statistic["last"][some] = np.take_along_axis(values, last, axis=0)[0]
    statistic["argmax"][some] = np.where(finite, values, -np.inf).argmax(axis=0)
    return result


def _last_position(selected: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    # Position of the last True of each column; the last row where there is none.
    return len(selected) - 1 - selected[::-1].argmax(axis=0)

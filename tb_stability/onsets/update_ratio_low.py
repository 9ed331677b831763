"""Steps that are too small for the weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_stuck
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import FloatArray, RunSeries, Series


def update_ratio_low(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields the start of a run that does not learn since its steps hardly change any layer.

    What it tells: the learning rate is too low, by far. A healthy step changes a layer by about a
    thousandth of its norm (Karpathy, CS231n, Neural Networks part 3, "Ratio of weights:updates").

    Rule: in a run that does not learn, the median over windows of the update ratio is below
    `update_ratio_least` in every layer, while some gradient arrives in most windows. The row is the
    layer that changes the most. No delay of its own. Severity: that of the symptom. Silent where
    the run learns, however slowly its weights change, where one layer moves, and where no gradient
    arrives: there a higher rate would not help.
    """
    stuck = first_stuck(symptoms)
    if stuck is None or not gets_gradients(run):
        return
    for series in run.of_quantity("update_ratio", ("value", "count")):
        ratio = np.where(series.measured, series.statistic("value"), np.nan)
        known = {row: column[np.isfinite(column)] for row, column in enumerate(ratio.T)}
        typical = {row: float(np.median(column)) for row, column in known.items() if column.size}
        row = max(typical, key=typical.__getitem__, default=None)
        if row is not None and typical[row] < thresholds.update_ratio_least:
            yield _onset(series, row, typical[row], stuck, thresholds)


def gets_gradients(run: RunSeries) -> bool:
    """Returns whether some layer gets a gradient in most windows."""
    for series in run.of_quantity(GRADIENT_NORM.name, GRADIENT_NORM.statistics):
        mean = np.where(series.measured, series.statistic("mean"), np.nan)
        if any(np.median(column[~np.isnan(column)]) > 0 for column in mean.T if _known(column)):
            return True
    return False


def _known(column: FloatArray) -> bool:
    return not bool(np.isnan(column).all())


def _onset(series: Series, row: int, ratio: float, stuck: Onset, thresholds: Thresholds) -> Onset:
    epoch, step = int(series.epoch[0]), int(series.first_step[0])
    name = series.rows[row]
    return Onset(
        kind="update_ratio_low",
        severity=stuck.severity,
        epoch=epoch,
        step=step,
        row=name,
        message=(
            f"From {place(epoch, step)} on, one step changes the weights of {name} by "
            f"{number(ratio)} of their norm, and those of no other layer by more."
            if ratio
            else f"From {place(epoch, step)} on, no step changes the weights of any layer."
        ),
        evidence=Evidence(
            tag=series.tag,
            statistic="value",
            rule="no layer is changed by a part of its norm that counts, in a run that is stuck",
            value=ratio,
            threshold=thresholds.update_ratio_least,
        ),
    )

"""A gradient that is NaN or infinite, and the layer in which that began."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import NonFinite
from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.growth import window_of
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import place
from tb_stability.series import RunSeries, Series


def nonfinite_gradient(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where a gradient was not finite for the first time, one for each row group.

    What it tells: the layer in which NaN or infinity came up. Where the loss was finite at that
    step, it was the way back that overflowed: the root or the logarithm of zero has no derivative.

    Rule: one such value is enough. The row is the layer nearest to the loss among those that broke
    at that step: backpropagation carries NaN on to every layer before it. No threshold, no delay.
    Severity: critical; info where every gradient became finite again, as after the steps that loss
    scaling skips in mixed precision. Silent about layers without a gradient, as frozen ones.
    """
    for series in run.of_quantity(GRADIENT_NORM.name, GRADIENT_NORM.statistics):
        yield from _nonfinite(series)


def _nonfinite(series: Series) -> Iterator[Onset]:
    count = np.where(series.measured, series.statistic("nonfinite"), np.nan)
    position = series.statistic("first_nonfinite")
    first_step: dict[int, int] = {}
    lasting = False
    last_end = 0
    for row in range(len(series.rows)):
        episodes = NonFinite().detect(count[:, row])
        if episodes:
            window = episodes[0].start
            offset = max(float(position[window, row]), 0.0)
            first_step[row] = int(min(series.first_step[window] + offset, series.step[window]))
            lasting |= episodes[-1].end is None
            last_end = max(last_end, episodes[-1].end or 0)
    if not first_step:
        return
    step = min(first_step.values())
    together = [row for row, first in first_step.items() if first == step]
    row = max(together)
    window = window_of(series, step)
    epoch = int(series.epoch[window])
    name = series.rows[row]
    value = float(series.statistic("max")[window, row])
    value = value if not np.isfinite(value) else np.nan
    before = len(together) - 1
    others = f" and of {before} layer{'s' * (before > 1)} before it" if before else ""
    recovered = "" if lasting else " Later gradients were finite again."
    yield Onset(
        kind="nonfinite_gradient",
        severity="critical" if lasting else "info",
        epoch=epoch,
        step=step,
        row=name,
        message=(
            f"The gradient of {name}{others} was not finite for the first time at "
            f"{place(epoch, step)}.{recovered}"
        ),
        evidence=Evidence(
            series.tag, "nonfinite", "the gradient norm of a layer is NaN or infinite", value
        ),
        end_step=None if lasting else int(series.first_step[last_end]),
    )

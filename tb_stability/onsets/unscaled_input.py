"""Inputs that are far from the size that initialisations are made for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.onsets.averaging import is_worse_than_averaging
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import is_hurt
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries, Series

# Layers whose output has a size of its own, whatever they are given.
_SCALING = frozenset(
    ("Normalization", "Rescaling", "BatchNormalization", "LayerNormalization", "GroupNormalization")
)

# Deviations from the mean: at most a hundredth of all values is as far out (Chebyshev's inequality)
# and of measurements hardly any.
_FAR_OUT = 10.0


def unscaled_input(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields inputs whose values are far from the size that initialisations are made for.

    What it tells: the first layer multiplies its gradient and its outputs by the size of its input
    (LeCun et al., Efficient BackProp, 1998, section 4.3).

    Rule: in the first window the deviation of an input, or its mean, is at least `input_size`. No
    delay of its own. Severity: warning. Silent without a symptom, unless a regression is worse than
    always predicting the mean after `learning_epochs` epochs; and where the first layer of the
    record scales what it is given, or a Normalization or Rescaling anywhere in the model does.
    """
    first = run.record.layers[0].class_name if run.record and run.record.layers else ""
    scales = first in _SCALING or (run.record is not None and bool(run.record.scaling_layers))
    if scales or not (is_hurt(symptoms) or is_worse_than_averaging(run, thresholds)):
        return
    for series in run.of_quantity("inputs", ("mean", "std", "min", "max", "count")):
        size = np.maximum(series.statistic("std"), np.abs(series.statistic("mean")))[0]
        size = np.where(series.measured[0] & np.isfinite(size), size, 0.0)
        row = int(np.argmax(size))
        if size[row] < thresholds.input_size:
            continue
        yield Onset(
            kind="unscaled_input",
            severity="warning",
            epoch=int(series.epoch[0]),
            step=int(series.first_step[0]),
            row=series.rows[row],
            message=(
                f"The input {series.rows[row]} is not scaled: its values are of size "
                f"{number(float(size[row]))}, where about one is expected."
                f"{_far_out(series, row)}"
            ),
            evidence=Evidence(
                series.tag,
                "std",
                "deviation or mean of an input, in the first window",
                float(size[row]),
                thresholds.input_size,
            ),
        )


def _far_out(series: Series, row: int) -> str:
    """Returns a sentence on the value that is farthest from the mean at first, where it is far."""
    mean, deviation, *ends = (
        float(series.statistic(name)[0, row]) for name in ("mean", "std", "min", "max")
    )
    farthest = max(ends, key=lambda end: abs(end - mean))
    if not abs(farthest - mean) > _FAR_OUT * deviation:
        return ""
    return f" One of them is {farthest:.7g}, which may stand for a missing one."

"""What to try where the targets of a regression are not what its output can be."""

from __future__ import annotations

import numpy as np

from tb_stability.onsets.onset import Remedy
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# Values that an activation has, least and largest.
_REACH = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "relu6": (0.0, 6.0),
}


def targets_out_of_reach(run: RunSeries, thresholds: Thresholds) -> tuple[Remedy, ...]:
    """Returns a remedy for targets that the output's activation has no value for, or large ones.

    The mean of the targets lies outside of the activation's values, or it or their deviation is at
    least `input_size`: an output begins at about zero, and takes steps of the learning rate.
    """
    outputs = run.record.outputs if run.record else ()
    for series in run.of_quantity("targets", ("mean", "std", "count")):
        for row, name in enumerate(series.rows):
            known = series.measured[:, row] & np.isfinite(series.statistic("mean")[:, row])
            if not known.any():
                continue
            mean = float(np.median(series.statistic("mean")[known, row]))
            deviation = float(np.median(series.statistic("std")[known, row]))
            activation = next((one.activation for one in outputs if one.name == name), "")
            low, high = _REACH.get(activation, (-np.inf, np.inf))
            if not low <= mean <= high:
                return (
                    Remedy(
                        f"The targets are {number(mean)} on average, which a {activation} never "
                        "is: end in a linear layer, or scale the targets.",
                        "keras.layers.Dense(1, activation=None)",
                    ),
                )
            if max(abs(mean), deviation) >= thresholds.input_size:
                size = number(max(abs(mean), deviation))
                return (
                    Remedy(
                        f"Scale the targets, which are of size {size}: an output begins near zero, "
                        "and has far to go.",
                        "y = (y - y.mean(axis=0)) / y.std(axis=0)",
                    ),
                )
    return ()

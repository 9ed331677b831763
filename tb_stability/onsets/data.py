"""What the data look like: nonfinite_input, unscaled_input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.onsets.onset import Evidence, Onset, Severity
from tb_stability.onsets.symptoms import is_hurt
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries, Series

# Layers whose output has a size of its own, whatever they are given.
_SCALING = frozenset(
    ("Normalization", "Rescaling", "BatchNormalization", "LayerNormalization", "GroupNormalization")
)


def nonfinite_input(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first window in which an input, or a target, held NaN or infinity.

    What it tells: one such sample makes the loss of its batch NaN, and with it the weights.

    Rule: one value is enough. No threshold, no delay. Where a loss, gradient or weight was not
    finite before the sample was taken, the engine dates it to that. Severity: critical. Silent
    about batches that were not sampled, and inputs of whole numbers.
    """
    for quantity, what in (("inputs", "input"), ("targets", "target")):
        for series in run.of_quantity(quantity, ("nonfinite", "count")):
            broken = series.measured & (series.statistic("nonfinite") > 0)
            if not broken.any():
                continue
            window = int(np.flatnonzero(broken.any(axis=1))[0])
            row = int(np.flatnonzero(broken[window])[0])
            count = float(series.statistic("nonfinite")[window, row])
            yield _onset(
                "nonfinite_input",
                "critical",
                series,
                window,
                row,
                f"The {what} {series.rows[row]} holds NaN or infinity: {count:.0f} values in a "
                "sampled batch of the window that begins at {place}.",
                Evidence(
                    series.tag, "nonfinite", "what the model is given holds NaN or infinity", count
                ),
            )


def unscaled_input(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields inputs whose values are far from the size that initialisations are made for.

    What it tells: the first layer multiplies its gradient and its outputs by the size of its input
    (LeCun et al., Efficient BackProp, 1998, section 4.3).

    Rule: in the first window the deviation of an input, or its mean, is at least `input_size`. No
    delay of its own. Severity: warning. Silent without a symptom, and where the first layer of the
    record scales what it is given, or a Normalization or Rescaling anywhere in the model does.
    """
    first = run.record.layers[0].class_name if run.record and run.record.layers else ""
    scales = first in _SCALING or (run.record is not None and bool(run.record.scaling_layers))
    if not is_hurt(symptoms) or scales:
        return
    for series in run.of_quantity("inputs", ("mean", "std", "count")):
        size = np.maximum(series.statistic("std"), np.abs(series.statistic("mean")))[0]
        size = np.where(series.measured[0] & np.isfinite(size), size, 0.0)
        row = int(np.argmax(size))
        if size[row] < thresholds.input_size:
            continue
        yield _onset(
            "unscaled_input",
            "warning",
            series,
            0,
            row,
            f"The input {series.rows[row]} is not scaled: its values are of size "
            f"{number(float(size[row]))}, where about one is expected.",
            Evidence(
                series.tag,
                "std",
                "deviation or mean of an input, in the first window",
                float(size[row]),
                thresholds.input_size,
            ),
        )


def _onset(
    kind: str,
    severity: Severity,
    series: Series,
    window: int,
    row: int,
    message: str,
    evidence: Evidence,
) -> Onset:
    epoch, step = int(series.epoch[window]), int(series.first_step[window])
    return Onset(
        kind=kind,
        severity=severity,
        epoch=epoch,
        step=step,
        row=series.rows[row],
        message=message.replace("{place}", place(epoch, step)),
        evidence=evidence,
    )

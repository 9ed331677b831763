"""What the data look like: nonfinite_input, unscaled_input, imbalanced_classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.onsets.onset import Evidence, Onset, Severity
from tb_stability.onsets.symptoms import first_stuck, is_hurt
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import FloatArray, RunSeries, Series

# Layers whose output has a size of its own, whatever they are given.
_SCALING = frozenset(
    ("Normalization", "Rescaling", "BatchNormalization", "LayerNormalization", "GroupNormalization")
)


def nonfinite_input(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first window in which an input held NaN or infinity.

    What it tells: one such sample makes the loss of its batch NaN, and with it the weights.

    Rule: one value is enough. No threshold, no delay. Where a loss, gradient or weight was not
    finite before the sample was taken, the engine dates it to that. Severity: critical. Silent
    about batches that were not sampled, and inputs of whole numbers.
    """
    for series in run.of_quantity("inputs", ("nonfinite", "count")):
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
            f"The input {series.rows[row]} holds NaN or infinity: {count:.0f} values in a sampled "
            "batch of the window that begins at {place}.",
            Evidence(series.tag, "nonfinite", "an input holds NaN or infinity", count),
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


def imbalanced_classes(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields a class that holds nearly all of the labels.

    What it tells: always guessing that class looks like success, and the loss hardly sees the rest.

    Rule: the share of one class, over all windows, is at least `class_share`, and the run does not
    learn. Delay: that of the symptom. Severity: warning. Silent where it learns: imbalanced data
    can be learnt all the same.
    """
    if first_stuck(symptoms) is None:
        return
    for series in run.of_quantity("labels", ("value", "count")):
        mean = class_shares(series)
        row = int(np.argmax(mean))
        if mean[row] < thresholds.class_share:
            continue
        yield _onset(
            "imbalanced_classes",
            "warning",
            series,
            0,
            row,
            f"{mean[row]:.1%} of the labels are of class {series.rows[row]}.",
            Evidence(
                series.tag,
                "value",
                "share of one class among all labels",
                float(mean[row]),
                thresholds.class_share,
            ),
        )


def class_shares(series: Series) -> FloatArray:
    """Returns the share of each class over all windows of `labels`, shape ``[classes]``."""
    share = np.where(series.measured, series.statistic("value"), 0.0)
    weight = np.where(series.measured, series.statistic("count"), 0.0).astype(np.float64)
    seen = weight.sum(axis=0)
    shares: FloatArray = (share * weight).sum(axis=0) / np.where(seen > 0, seen, 1.0)
    return shares


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

"""A class that holds nearly all of the labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.onsets.class_shares import class_shares
from tb_stability.onsets.guessing import accuracy_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_stuck
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import RunSeries

# An accuracy that stays so far below the share of the commonest class is not that of guessing it.
_UNLIKE = 0.1


def imbalanced_classes(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields a class that holds nearly all of the labels.

    What it tells: always guessing that class looks like success, and the loss hardly sees the rest.

    Rule: the share of one class, over all windows, is at least `class_share`, and the run does not
    learn. Delay: that of the symptom. Severity: warning. Silent where it learns: imbalanced data
    can be learnt all the same. Silent, too, where the accuracy never comes near that share, which
    guessing has: then the batches that were sampled are not like the others.
    """
    if first_stuck(symptoms) is None:
        return
    accuracy = accuracy_curve(run)
    best = 1.0 if accuracy is None else float(np.nanmax(accuracy.mean))
    for series in run.of_quantity("labels", ("value", "count")):
        mean = class_shares(series)
        row = int(np.argmax(mean))
        if mean[row] < thresholds.class_share or best < mean[row] - _UNLIKE:
            continue
        yield Onset(
            kind="imbalanced_classes",
            severity="warning",
            epoch=int(series.epoch[0]),
            step=int(series.first_step[0]),
            row=series.rows[row],
            message=f"{mean[row]:.1%} of the labels are of class {series.rows[row]}.",
            evidence=Evidence(
                series.tag,
                "value",
                "share of one class among all labels",
                float(mean[row]),
                thresholds.class_share,
            ),
        )

"""Gradients that fade on their way back to the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_stuck
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries, Series


def vanishing_gradient(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields the layers that hardly any gradient reaches, in a run that does not learn.

    What it tells: the layers near the input stay as they were initialised (Hochreiter, 1991; Glorot
    and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010).

    Rule: while the run does not learn, the median over windows of the mean gradient norm of a layer
    is less than `vanishing_ratio` of the largest of the layers behind it. The row is the first
    layer from the input of which that is so. Delay: that of the symptom. Severity: that of the
    symptom. Silent where the run learns: a solved problem has tiny gradients too.
    """
    stuck = first_stuck(symptoms)
    if stuck is None:
        return
    for series in run.of_quantity(GRADIENT_NORM.name, GRADIENT_NORM.statistics):
        yield from _faded(series, stuck, thresholds)


def _faded(series: Series, symptom: Onset, thresholds: Thresholds) -> Iterator[Onset]:
    mean = series.statistic("mean")
    valid = series.measured & np.isfinite(mean)
    rows = [row for row in range(len(series.rows)) if valid[:, row].any()]
    if len(rows) < 2:
        return
    typical = [float(np.median(mean[valid[:, row], row])) for row in rows]
    behind = [max(typical[index + 1 :], default=0.0) for index in range(len(rows))]
    for row, norm, largest in zip(rows, typical, behind, strict=True):
        if not norm < thresholds.vanishing_ratio * largest:
            continue
        name = series.rows[row]
        first = int(np.flatnonzero(valid[:, row])[0])
        epoch, step = int(series.epoch[first]), int(series.first_step[first])
        yield Onset(
            kind="vanishing_gradient",
            severity=symptom.severity,
            epoch=epoch,
            step=step,
            row=name,
            message=(
                f"Hardly any gradient reaches {name}, from {place(epoch, step)} on: its norm is "
                f"{number(norm)}, against {number(largest)} in layers behind it."
            ),
            evidence=Evidence(
                tag=series.tag,
                statistic="mean",
                rule="far smaller than in the layers behind it, in a run that does not learn",
                value=norm,
                threshold=thresholds.vanishing_ratio * largest,
                baseline=largest,
            ),
        )
        return

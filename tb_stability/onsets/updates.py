"""Steps that are too large for the weights: update_ratio_high."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import Elevated
from tb_stability.onsets.growth import window_of
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_failure, first_stuck
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.units import unresponsive_units
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries, Series


def update_ratio_high(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where one step began to change a layer by a large part of its norm, before a failure.

    What it tells: the learning rate is too high for that layer at that stage. A healthy ratio is
    about one in a thousand (Karpathy, CS231n, Neural Networks part 3, "Ratio of weights:updates").

    Rule: when the run fails, or in the window before, a row's ratio is at least `update_ratio`; the
    onset is where the unbroken stretch of such windows began. The row is the one that began first,
    of several the one with the largest ratio. Where a run does not fail but does not learn either,
    likewise when its ReLUs died. Delay: none beyond that of the failure; the ratio is measured once
    a window. Severity: that of the failure. Silent without one: the first steps of a fresh model
    are large in healthy runs as well.
    """
    failure, what = first_failure(symptoms), "the run fails"
    if failure is None and first_stuck(symptoms):
        failure, what = _death(run, symptoms, thresholds), "ReLU units die"
    if failure is None:
        return
    for series in run.of_quantity("update_ratio", ("value", "count")):
        yield from _large(series, failure, what, thresholds)


def _death(run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds) -> Onset | None:
    """Returns where ReLUs died that responded at first."""
    found = unresponsive_units(run, symptoms, thresholds)
    dead = (item for item in found if item.kind == "dead_relu")
    return next((item for item in dead if item.evidence.baseline is not None), None)


def _large(series: Series, failure: Onset, what: str, thresholds: Thresholds) -> Iterator[Onset]:
    until = window_of(series, failure.step)
    ratio = np.where(series.measured, series.statistic("value"), np.nan)[: until + 1]
    detector = Elevated(thresholds.update_ratio)
    reaching = [
        (row, episode)
        for row in range(len(series.rows))
        for episode in detector.detect(ratio[:, row])
        if episode.end is None or episode.end == until
    ]
    if not reaching:
        return
    row, episode = min(reaching, key=lambda item: (item[1].start, -item[1].value))
    name = series.rows[row]
    epoch, step = int(series.epoch[episode.start]), int(series.first_step[episode.start])
    baseline = None if np.isnan(episode.baseline) else episode.baseline
    before = "" if baseline is None else f", after {number(baseline)} before"
    begins, failed = place(epoch, step), place(int(series.epoch[until]), int(series.step[until]))
    at_once = episode.start == until
    when = f"At {begins}, as {what}," if at_once else f"From {begins} on,"
    size = f"{number(episode.value)} {'times' if episode.value > 1 else 'of'} their norm"
    upto, end = ("", "") if at_once else ("up to ", f", until {failed}, where {what}")
    yield Onset(
        kind="update_ratio_high",
        severity=failure.severity,
        epoch=epoch,
        step=step,
        row=name,
        message=f"{when} one step changes the weights of {name} by {upto}{size}{before}{end}.",
        evidence=Evidence(
            tag=series.tag,
            statistic="value",
            rule=f"steps change a layer by a large part of its norm when {what}",
            value=episode.value,
            threshold=episode.threshold,
            baseline=baseline,
        ),
        end_step=failure.end_step,
    )

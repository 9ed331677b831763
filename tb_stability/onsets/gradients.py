"""Onsets seen in the gradient norms: nonfinite_gradient, exploding_gradient."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import Detection, NonFinite
from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import BoolArray, FloatArray, RunSeries, Series


def gradient_onsets(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> list[Onset]:
    """Returns the onsets that a run's gradient norms show.

    Args:
      run: What was measured.
      symptoms: The onsets seen in the loss. A gradient that grows while the loss is well harms
        nobody, so an explosion is only told where it leads to one of these, or to a gradient that
        is not finite.
      thresholds: Numbers of the rules.
    """
    onsets: list[Onset] = []
    for series in run.of_quantity(GRADIENT_NORM):
        broken = list(_nonfinite(series))
        harm = [
            onset
            for onset in (*symptoms, *broken)
            if onset.kind != "loss_spike" and onset.severity != "info"
        ]
        onsets += broken
        if harm:
            first = min(harm, key=lambda onset: onset.step)
            onsets += _explosion(series, first, thresholds)
    return onsets


def _nonfinite(series: Series) -> Iterator[Onset]:
    """Yields the first step at which a layer's gradient was NaN or infinite.

    Rule: one such value is enough. The row is the layer nearest to the loss among those that broke
    at that step: backpropagation carries NaN on to every layer before it. Severity: critical; info
    where every gradient became finite again, as after the steps that loss scaling skips in mixed
    precision.
    """
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
            first_step[row] = int(series.first_step[window] + offset)
            lasting |= episodes[-1].end is None
            last_end = max(last_end, episodes[-1].end or 0)
    if not first_step:
        return
    step = min(first_step.values())
    together = [row for row, first in first_step.items() if first == step]
    row = max(together)
    window = int(np.searchsorted(series.step, step))
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


def _explosion(series: Series, harm: Onset, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where the gradient norms left their baseline on the way to a harm.

    Rule: `tb_stability.detectors.departure` on the logarithm of each row's highest norm in a
    window. The row is the one that left first; among those of one window the one that rose the
    most. Severity: that of the harm.
    """
    until = min(int(np.searchsorted(series.step, harm.step)), len(series) - 1)
    departures = _departures(series, until, thresholds)
    if not departures:
        return
    row, first = min(
        departures.items(), key=lambda item: (item[1].start, item[1].baseline - item[1].value)
    )
    seen, threshold, baseline = (
        10.0**value for value in (first.value, first.threshold, first.baseline)
    )
    epoch, step = int(series.epoch[first.start]), int(series.first_step[first.start])
    name = series.rows[row]
    yield Onset(
        kind="exploding_gradient",
        severity=harm.severity,
        epoch=epoch,
        step=step,
        row=name,
        message=(
            f"The gradient norm of {name} left its baseline of {number(baseline)} at "
            f"{place(epoch, step)} and rose to {number(seen)}."
        ),
        evidence=Evidence(
            tag=series.tag,
            statistic="max",
            rule="leaves the layer's own baseline and does not return before the loss fails",
            value=seen,
            threshold=threshold,
            baseline=baseline,
            spread=None if np.isnan(first.spread) else baseline * (10.0**first.spread - 1.0),
        ),
        end_step=harm.end_step,
    )


def _departures(series: Series, until: int, thresholds: Thresholds) -> dict[int, Detection]:
    """Returns the departure of each row that has one by a window.

    Where the run failed before it had a baseline, the least norm of the first window stands for
    one, as if it were a window of its own, and `gradient_floor` must be reached too.
    """
    log_norm = _log_of(series.statistic("max"), series.measured)
    detector = thresholds.gradient_departure(until)
    early = until < detector.warmup
    if early:
        least = _log_of(series.statistic("min")[:1], series.measured[:1])
        log_norm = np.concatenate([least, log_norm])
        detector = dataclasses.replace(detector, until=until + 1)
    departures: dict[int, Detection] = {}
    for row in range(len(series.rows)):
        for found in detector.detect(log_norm[:, row]):
            if not early:
                departures[row] = found
            elif 10.0**found.value >= thresholds.gradient_floor:
                departures[row] = dataclasses.replace(found, start=max(found.start - 1, 0))
    return departures


def _log_of(norm: FloatArray, measured: BoolArray) -> FloatArray:
    """Returns log10 of the norms, NaN where missing, non-finite or zero."""
    valid = measured & np.isfinite(norm) & (norm > 0)
    return np.log10(np.where(valid, norm, 1.0), where=valid, out=np.full(norm.shape, np.nan))

"""Gradient norms that leave their baseline on the way to a failure."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.metadata import GRADIENT_NORM
from tb_stability.onsets.curve import training_curve
from tb_stability.onsets.growth import log10_of, window_of
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.rates import RAISED, rates_of
from tb_stability.onsets.symptoms import first_failure
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries, Series


def exploding_gradient(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where the gradients left their baseline before the first failure, if they did.

    What it tells: the layer in which the trouble began, and the step: often well before the loss
    shows anything (Pascanu et al., On the difficulty of training recurrent neural networks, 2013).

    Rule: `tb_stability.detectors.departure` on the logarithm of each row's highest norm in a
    window, by `spreads` and at least `gradient_factor`, up to the failure. Where the run failed
    before it had a baseline, a hundredfold rise and `gradient_floor`. Gradients that grow while the
    loss falls are of a model that begins to learn: where a learning rate that was raised later
    makes them rise by `gradient_factor` at once, that is where they left. The row is the one that
    left first; among those of one window the one that rose the most. Delay: none beyond that of the
    failure. Severity: that of the failure. Silent without one: gradients that grow while the loss
    is well harm nobody.
    """
    first = first_failure(symptoms)
    if first is None:
        return
    for series in run.of_quantity(GRADIENT_NORM.name, GRADIENT_NORM.statistics):
        yield from _explosion(run, series, first, thresholds)


def _explosion(
    run: RunSeries, series: Series, harm: Onset, thresholds: Thresholds
) -> Iterator[Onset]:
    until = window_of(series, harm.step)
    departures = _departures(series, until, thresholds)
    raised = _last_raise(run, series, until)
    if raised:
        departures = {
            row: _since_the_raise(run, series, row, found, raised, thresholds)
            for row, found in departures.items()
        }
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
    log_norm = log10_of(series.statistic("max"), series.measured)
    detector = thresholds.departure(until)
    early = until < detector.warmup
    if early:
        least = log10_of(series.statistic("min")[:1], series.measured[:1])
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


def _last_raise(run: RunSeries, series: Series, until: int) -> int:
    """Returns the last window by a given one with which the learning rate was raised, or 0."""
    rates = rates_of(run)
    if rates is None:
        return 0
    rate = rates.at_each(series.step[: until + 1])
    return int(np.max(np.flatnonzero(rate[1:] >= RAISED * rate[:-1]) + 1, initial=0))


def _since_the_raise(
    run: RunSeries,
    series: Series,
    row: int,
    found: Detection,
    raised: int,
    thresholds: Thresholds,
) -> Detection:
    """Returns a departure as of the raise, where the one found was of a model that learned."""
    log_norm = log10_of(series.statistic("max")[:, row], series.measured[:, row])
    before, at = log_norm[raised - 1 : raised + 1].tolist()
    rise = math.log10(thresholds.gradient_factor)
    if (
        found.start >= raised
        or not at - before >= rise
        or not _loss_falls(run, series, found.start, raised)
    ):
        return found
    return dataclasses.replace(
        found,
        start=raised,
        certain=max(found.certain, raised),
        threshold=before + rise,
        baseline=before,
        spread=np.nan,
    )


def _loss_falls(run: RunSeries, series: Series, start: int, raised: int) -> bool:
    """Returns whether the loss is lower just before a raise than before gradients began to grow."""
    curve = training_curve(run)
    if curve is None:
        return False
    first, last = (
        window_of(curve.series, int(series.step[max(index - 1, 0)])) for index in (start, raised)
    )
    return bool(curve.mean[last] < curve.mean[first])

"""The state of a recurrent layer that grows with every time step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.onsets.growth import growth_before, window_of
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import first_failure, first_stuck
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import FloatArray, RunSeries, Series

_QUANTITIES = ("cell_state", "hidden_state")
_STATISTICS = ("mean", "count")

# Time steps, or bins of several, of which the second half can be told from the first.
_LEAST_BINS = 4


def cell_state_growth(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where the state of a recurrent layer began to grow over its time steps without bound.

    What it tells: the forget gate stays open, so that every time step adds to the state. A large
    state closes the tanh behind it, which passes on neither what is added nor its gradient; with
    another activation the output explodes. Shorter sequences are the cure (Pascanu et al., On the
    difficulty of training recurrent neural networks, 2013, for the gradient of the same product).

    Rule, on the mean absolute state at each time step: at the last one it is at least `state_size`,
    and `state_growth` times what it is half way. In a run that fails, that is so before it fails,
    and was not so while it was healthy: either the state at the last time step has left its own
    baseline (`tb_stability.detectors.departure`, by `gradient_factor`), or it was so in no window
    before, a quarter of all at least. A state that was large while training went well, as of a
    layer that counts, is not to blame. It is judged at its highest in the last `loss_patience`
    windows before the failure: a step that breaks a run often takes the state with it. Where a run
    fails before it has a baseline, or does not learn, it is so from the first window on. The row is
    the layer that began first. Delay: none beyond that of the symptom. Severity: that of the
    symptom; silent without one, and for fewer than four time steps.
    """
    symptom = first_failure(symptoms) or first_stuck(symptoms)
    if symptom is None:
        return
    found = []
    for quantity in _QUANTITIES:
        for series in run.of_quantity(quantity, _STATISTICS):
            if series.metadata.row_group and len(series.rows) >= _LEAST_BINS:
                window = _grown(series, symptom, symptom == first_failure(symptoms), thresholds)
                found += [] if window is None else [(int(series.step[window]), window, series)]
    if found:
        _, window, series = min(found, key=lambda item: item[0])
        yield _onset(series, window, symptom, thresholds)


def state_over_time(series: Series) -> FloatArray:
    """Returns the mean absolute state, NaN where it is not known, shape ``[windows, bins]``."""
    mean = series.statistic("mean").astype(np.float64)
    return np.where(series.measured & np.isfinite(mean), mean, np.nan)


def grown_from(
    run: RunSeries, layer: str | None, step: int, thresholds: Thresholds
) -> tuple[int, float] | None:
    """Returns the time step from which on the state is larger than it was while a run was healthy.

    Args:
      run: What was measured.
      layer: The recurrent layer.
      step: Where the healthy period ends.
      thresholds: `state_size` stands for what is healthy where there was no such period.

    Returns:
      The number of time steps before, at least one, and the size that they do not exceed; None
      where the state is not known, or never grows beyond it or at once.
    """
    for quantity in _QUANTITIES:
        series = run.first_of(quantity, _STATISTICS, layer or "")
        if series is None or not layer:
            continue
        state = state_over_time(series)
        healthy = state[series.step < step, -1]
        healthy = healthy[np.isfinite(healthy)]
        level = max([thresholds.state_size, *healthy.tolist()])
        grown = np.flatnonzero((state[series.step >= step] > level).any(axis=0))
        # A row is named after its time steps, counted from 0: "12", or "12-15".
        time_steps = int(series.rows[grown[0]].partition("-")[0]) if len(grown) else 0
        if time_steps > 0:
            return time_steps, level
    return None


def _grown(series: Series, symptom: Onset, fails: bool, thresholds: Thresholds) -> int | None:
    """Returns the window in which the state began to grow on the way to a symptom."""
    state = state_over_time(series)
    last, half_way = state[:, -1], state[:, (state.shape[1] - 1) // 2]
    known = np.isfinite(last) & np.isfinite(half_way)
    grows = known & (last >= thresholds.state_size) & (last >= thresholds.state_growth * half_way)
    if not fails:
        return 0 if known.any() and grows[known].all() else None
    before = np.flatnonzero(known & (series.step < symptom.step))
    warmup = thresholds.departure(0).warmup
    if len(before) < warmup:
        return 0 if len(before) and grows[before].all() else None
    recent = before[-thresholds.loss_patience :]
    highest = int(recent[np.argmax(last[recent])])
    if not grows[highest]:
        return None
    found = growth_before(series, last, symptom, thresholds, until=highest)
    if found is not None:
        return found.start
    first = int(np.flatnonzero(grows)[0])
    healthy = int(known[:first].sum())
    return first if healthy >= max(warmup, len(before) / 4) else None


def _onset(series: Series, window: int, symptom: Onset, thresholds: Thresholds) -> Onset:
    until = window_of(series, symptom.step) if symptom.step > series.step[window] else window
    state = state_over_time(series)[window : until + 1]
    worst = state[int(np.nanargmax(state[:, -1]))]
    layer = series.metadata.row_group
    # The state is measured at a window's end: there it has grown, and in the first it always had.
    epoch = int(series.epoch[window])
    step = int(series.step[window] if window else series.first_step[0])
    first, half_way, last = (
        float(worst[index]) for index in (0, (len(worst) - 1) // 2, len(worst) - 1)
    )
    return Onset(
        kind="cell_state_growth",
        severity=symptom.severity,
        epoch=epoch,
        step=step,
        row=layer,
        message=(
            f"From {place(epoch, step)} on the state of {layer} grows over the time steps and does "
            f"not level off: {number(first)} in size at the first, {number(half_way)} half way, "
            f"{number(last)} at the last."
        ),
        evidence=Evidence(
            tag=series.tag,
            statistic="mean",
            rule="large at the last time step, and far from what it is half way",
            value=last,
            threshold=max(thresholds.state_size, thresholds.state_growth * half_way),
            baseline=half_way,
        ),
        end_step=symptom.end_step,
    )

"""A loss that jumps up each time an epoch begins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors.baseline import MAD_TO_SIGMA
from tb_stability.onsets.curve import step_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# Windows that an epoch needs for its beginning to be told from its end.
_LEAST_WINDOWS = 3


def epoch_boundary_jump(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first of the jumps at epoch boundaries, if they recur.

    What it tells: something happens between epochs. The data come in the same order each time, so
    that the model forgets the beginning while it learns the end; or a state is set back.

    Rule: with the mean losses of the last window of an epoch and the first of the next, a boundary
    has a jump where the rise exceeds `spreads` robust standard deviations of the differences
    between neighbouring windows within epochs, `loss_relative` of the level, and `loss_giveback` of
    the fall within the epoch before it, and the epoch takes half of it back: a loss that rises from
    epoch to epoch diverges. Jumps recur where there are `boundary_jumps` of them, at more than half
    of all boundaries from the first jump on. Delay: `boundary_jumps` epochs. Silent for epochs of
    fewer than three windows. Severity: warning.
    """
    curve = step_curve(run)
    if curve is None:
        return
    epochs = curve.series.epoch
    loss = curve.mean
    begins = np.flatnonzero(np.diff(epochs, prepend=epochs[:1] - 1))
    lengths = np.diff(np.append(begins, len(epochs)))
    if len(begins) < 2 or np.median(lengths) < _LEAST_WINDOWS:
        return
    steps = np.diff(loss)
    within = np.delete(steps, begins[1:] - 1)
    within = within[np.isfinite(within)]
    if not within.size:
        return
    noise = MAD_TO_SIGMA * float(np.median(np.abs(within - np.median(within))))
    rises = loss[begins[1:]] - loss[begins[1:] - 1]
    falls = loss[begins[:-1]] - loss[begins[1:] - 1]
    least = np.maximum.reduce(
        [
            np.full(len(rises), thresholds.spreads * noise),
            thresholds.loss_relative * np.abs(loss[begins[1:] - 1]),
            thresholds.loss_giveback * np.abs(falls),
        ]
    )
    lowest = np.fmin.reduceat(loss, begins)[1:]
    taken_back = loss[begins[1:]] - lowest >= rises / 2
    jumps = np.flatnonzero((rises > least) & taken_back)
    if len(jumps) < thresholds.boundary_jumps or 2 * len(jumps) <= len(rises) - jumps[0]:
        return
    first = int(jumps[0])
    index = int(begins[first + 1])
    yield Onset(
        kind="epoch_boundary_jump",
        severity="warning",
        epoch=curve.epoch(index),
        step=curve.step(index),
        row=None,
        message=(
            f"The loss jumps up when an epoch begins, for the first time at {curve.place(index)}: "
            f"from {number(float(loss[index - 1]))} to {number(float(loss[index]))}, and at "
            f"{len(jumps)} of {len(rises)} boundaries in all."
        ),
        evidence=Evidence(
            tag=curve.tag,
            statistic="mean",
            rule="rises from the last window of an epoch to the first of the next, again and again",
            value=float(rises[first]),
            threshold=float(least[first]),
            baseline=float(loss[index - 1]),
            spread=noise,
        ),
    )

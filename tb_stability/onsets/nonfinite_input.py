"""Inputs and targets that hold NaN or infinity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.onsets.curve import step_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import place
from tb_stability.series import RunSeries, Series


def nonfinite_input(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first window in which an input, or a target, held NaN or infinity.

    What it tells: one such sample makes the loss of its batch NaN, and with it the weights.

    Rule: one value is enough. No threshold, no delay. Batches are sampled, and so is the first one
    of each window whose loss is not finite: where there is one, it is dated to that step. Where a
    loss, gradient or weight was not finite in an earlier window, the engine dates it to that.
    Severity: critical. Silent about batches that were not sampled, and inputs of whole numbers.
    """
    for quantity, what in (("inputs", "input"), ("targets", "target")):
        for series in run.of_quantity(quantity, ("nonfinite", "count")):
            broken = series.measured & (series.statistic("nonfinite") > 0)
            if not broken.any():
                continue
            window = int(np.flatnonzero(broken.any(axis=1))[0])
            row = int(np.flatnonzero(broken[window])[0])
            count = float(series.statistic("nonfinite")[window, row])
            first, failed = int(series.first_step[window]), _failing_step(run, series, window)
            epoch = int(series.epoch[window])
            of_window = f"window that begins at {place(epoch, first)}"
            yield Onset(
                kind="nonfinite_input",
                severity="critical",
                epoch=epoch,
                step=first if failed is None else failed,
                row=series.rows[row],
                message=(
                    f"The {what} {series.rows[row]} holds NaN or infinity: {count:.0f} "
                    f"value{'s' if count > 1 else ''} in a "
                    f"sampled batch of the {of_window}"
                    f"{'' if failed is None else f', in which the loss was lost at step {failed}'}."
                ),
                evidence=Evidence(
                    series.tag, "nonfinite", "what the model is given holds NaN or infinity", count
                ),
            )


def _failing_step(run: RunSeries, series: Series, window: int) -> int | None:
    """Returns the first step of the run whose loss was not finite, None where it lies elsewhere."""
    curve = step_curve(run)
    if curve is None:
        return None
    same = np.flatnonzero(curve.series.step == series.step[window])
    broken = np.flatnonzero(curve.nonfinite > 0)
    if not len(same) or not len(broken) or broken[0] != same[0]:
        return None
    return curve.step(int(same[0]), float(curve.first_nonfinite[same[0]]))

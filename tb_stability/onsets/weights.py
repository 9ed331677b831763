"""Weights that are not finite, or grow without bound: nonfinite_weights, weight_growth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import NonFinite
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.symptoms import is_hurt
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import FloatArray, RunSeries, Series

_STATISTICS = ("value", "count")

# The norm that an initialisation gives to a layer is no less: Glorot's is sqrt(2 m n / (m + n)) for
# a matrix of m by n (Glorot and Bengio, Understanding the difficulty of training deep feedforward
# neural networks, 2010), one at 1 by 1 and more for any other; He's is sqrt(2 n); a scale of ones
# has sqrt(n). What begins smaller was made small on purpose.
_LEAST_NORM = 1.0


def nonfinite_weights(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first window at whose end a layer's weights were not finite.

    What it tells: the model is lost from here on, even where the loss does not show it: a last ReLU
    can make zeros of NaN.

    Rule: the weight norm is NaN or infinite; one is enough. The row is the first from the input of
    those that broke together. No threshold. Delay: one window, at whose end the norm is taken.
    Severity: critical. Silent about a window in which the weights were not sampled.
    """
    for series in run.of_quantity("weight_norm", _STATISTICS):
        norm = series.statistic("value")
        broken = np.where(series.measured, ~np.isfinite(norm), np.nan).astype(np.float64)
        found = [
            (episodes[0].start, row)
            for row in range(len(series.rows))
            if (episodes := NonFinite().detect(broken[:, row]))
        ]
        if not found:
            continue
        window, row = min(found)
        epoch, step = int(series.epoch[window]), int(series.step[window])
        name = series.rows[row]
        yield Onset(
            kind="nonfinite_weights",
            severity="critical",
            epoch=epoch,
            step=step,
            row=name,
            message=f"The weights of {name} are not finite by {place(epoch, step)}.",
            evidence=Evidence(
                series.tag,
                "value",
                "the norm of a layer's weights is NaN or infinite",
                float(norm[window, row]),
            ),
        )


def weight_growth(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where the weights of a layer began to grow without bound.

    What it tells: nothing holds the weights back, and sooner or later their products overflow.

    Rule: the norm of a layer reaches `weight_growth` times that of the first window, which counts
    as no less than one, and it is at its highest at the end of the data, or when it was last
    finite. It sets in where the norm first reaches twice the first. The row is the one that grew
    the most. Delay: none. Severity: warning where a symptom shows that it hurts, else info.
    Silent for layers that begin near zero, such as a last layer that is to do nothing at first,
    and grow to what a usual initialisation would have given them: no less than one.
    """
    hurt = is_hurt(symptoms)
    for series in run.of_quantity("weight_norm", _STATISTICS):
        norm = series.statistic("value")
        valid = series.measured & np.isfinite(norm)
        growths = {row: _growth(norm[valid[:, row], row]) for row in range(len(series.rows))}
        row = max(growths, key=lambda row: growths[row])
        if growths[row] >= thresholds.weight_growth:
            yield _grown(series, row, np.flatnonzero(valid[:, row]), thresholds, hurt=hurt)


def _growth(norm: FloatArray) -> float:
    if not len(norm) or norm[-1] < np.max(norm):
        return 0.0
    return float(norm[-1] / _first(norm))


def _first(norm: FloatArray) -> float:
    return max(float(norm[0]), _LEAST_NORM)


def _grown(
    series: Series, row: int, known: np.ndarray, thresholds: Thresholds, *, hurt: bool
) -> Onset:
    norm = series.statistic("value")[known, row]
    first, last = _first(norm), float(norm[-1])
    window = int(known[np.flatnonzero(norm >= min(2 * first, last))[0]])
    epoch, step = int(series.epoch[window]), int(series.first_step[window])
    name = series.rows[row]
    return Onset(
        kind="weight_growth",
        severity="warning" if hurt else "info",
        epoch=epoch,
        step=step,
        row=name,
        message=(
            f"The weights of {name} grow without bound: their norm had doubled by "
            f"{place(epoch, step)} and goes from {number(first)} to {number(last)}."
        ),
        evidence=Evidence(
            tag=series.tag,
            statistic="value",
            rule="grows to a multiple of the first norm, or of one, and is highest at the end",
            value=last,
            threshold=thresholds.weight_growth * first,
            baseline=first,
        ),
    )

"""Units that no longer respond: dead_relu, saturated_activation, gate_saturation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import Detection, Elevated
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import place
from tb_stability.series import RunSeries, Series


@dataclasses.dataclass(frozen=True)
class _Kind:
    quantity: str
    kind: str
    what: str
    state: str


_KINDS = (
    _Kind("dead_relu", "dead_relu", "units", "dead: zero for every sample"),
    _Kind("saturation", "saturated_activation", "units", "saturated: within 1 % of a bound"),
    _Kind("gate_saturation", "gate_saturation", "activations", "within 1 % of 0 or 1"),
)


def unresponsive_units(
    run: RunSeries, symptoms: Sequence[Onset], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields where units died or saturated for good, one onset a kind.

    What it tells: no gradient flows through such units; they learn nothing any more, and where a
    whole layer is lost, nothing before it learns either (Lu et al., Dying ReLU and Initialization,
    2019).

    Rule: a row's fraction reaches `unit_fraction` and stays there to the end of the data, for
    `unit_patience` windows at least. The row is the one where that began; of several the one with
    the largest fraction. A unit counts in a window only if it was lost in all of it, so where a
    symptom lies in the window before, it was lost there. What follows NaN is not judged: a ReLU
    makes zeros of it. Delay: `unit_patience` windows. Severity: warning where a symptom shows that
    it hurts, else info: wide layers lose many units in healthy runs, to no harm. Silent where the
    units come back.
    """
    serious = [item for item in symptoms if item.severity != "info"]
    broken = [item.step for item in serious if item.kind.startswith("nonfinite")]
    for kind in _KINDS:
        for series in run.of_quantity(kind.quantity, ("value", "count")):
            sound = int(np.searchsorted(series.step, min(broken))) if broken else len(series)
            found = _lasting(series, sound, thresholds)
            if found:
                yield _onset(kind, series, *found, serious)


def _lasting(series: Series, sound: int, thresholds: Thresholds) -> tuple[int, Detection] | None:
    detector = Elevated(thresholds.unit_fraction, thresholds.unit_patience)
    fraction = np.where(series.measured, series.statistic("value"), np.nan)[:sound]
    lasting = [
        (row, episode)
        for row in range(len(series.rows))
        for episode in detector.detect(fraction[:, row])
        if episode.end is None
    ]
    return min(lasting, key=lambda item: (item[1].start, -item[1].value), default=None)


def _onset(
    kind: _Kind, series: Series, row: int, episode: Detection, symptoms: Sequence[Onset]
) -> Onset:
    name = series.rows[row]
    window = episode.start
    before_it = max(window - 1, 0)
    if any(
        series.first_step[before_it] <= item.step <= series.step[before_it] for item in symptoms
    ):
        window = before_it
    epoch, step = int(series.epoch[window]), int(series.first_step[window])
    # What was lost in the first window was not otherwise before.
    before = f", after {episode.baseline:.0%} before" if window else ""
    return Onset(
        kind=kind.kind,
        severity="warning" if symptoms else "info",
        epoch=epoch,
        step=step,
        row=name,
        message=(
            f"Up to {episode.value:.0%} of the {kind.what} of {name} are {kind.state} since "
            f"{place(epoch, step)}{before}."
        ),
        evidence=Evidence(
            tag=series.tag,
            statistic="value",
            rule=f"a large fraction of a row's {kind.what}, to the end of the data",
            value=episode.value,
            threshold=episode.threshold,
            baseline=None if np.isnan(episode.baseline) else episode.baseline,
        ),
    )

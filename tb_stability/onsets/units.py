"""Units that no longer respond: dead_relu, saturated_activation, gate_saturation."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

import numpy as np

from tb_stability.detectors import Detection, Elevated
from tb_stability.detectors.detector import FloatArray
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
    `unit_patience` windows at least. Of a ReLU half of the units may well be zero for all of a
    batch from the start, by the weights it begins with: where as large a part of the others follow,
    that is when they died. The row is the one where that began; of several the one with the largest
    fraction. A unit counts in a window only if it was lost in all of it, so where a symptom lies in
    the window before, it was lost there. What follows NaN is not judged: a ReLU makes zeros of it.
    Delay: `unit_patience` windows. Severity: warning where a symptom shows that it hurts, else
    info: wide layers lose many units in healthy runs, to no harm. Silent where the units come back.
    """
    serious = [item for item in symptoms if item.severity != "info"]
    broken = [item.step for item in serious if item.kind.startswith("nonfinite")]
    for kind in _KINDS:
        for series in run.of_quantity(kind.quantity, ("value", "count")):
            sound = int(np.searchsorted(series.step, min(broken))) if broken else len(series)
            found = _lasting(kind, series, sound, thresholds)
            if found:
                yield _onset(kind, series, *found, serious)


def _lasting(
    kind: _Kind, series: Series, sound: int, thresholds: Thresholds
) -> tuple[int, Detection] | None:
    fraction = np.where(series.measured, series.statistic("value"), np.nan)[:sound]
    lasting = []
    for row in range(len(series.rows)):
        episode = _to_the_end(fraction[:, row], thresholds)
        if episode is not None and kind.quantity == "dead_relu":
            episode = _after_the_start(fraction[:, row], episode, thresholds)
        if episode is not None:
            lasting.append((row, episode))
    return min(lasting, key=lambda item: (item[1].start, -item[1].value), default=None)


def _to_the_end(fraction: FloatArray, thresholds: Thresholds) -> Detection | None:
    detector = Elevated(thresholds.unit_fraction, thresholds.unit_patience)
    return next((item for item in detector.detect(fraction) if item.end is None), None)


def _after_the_start(fraction: FloatArray, episode: Detection, thresholds: Thresholds) -> Detection:
    """Returns when the units died that responded at first, where many of a row never did."""
    at_first = float(fraction[episode.start])
    if not np.isnan(episode.baseline) or at_first >= 1.0:
        return episode
    died = _to_the_end((fraction - at_first) / (1.0 - at_first), thresholds)
    if died is None:
        return episode
    return dataclasses.replace(episode, start=died.start, certain=died.certain, baseline=at_first)


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
    before = ""
    if not np.isnan(episode.baseline):
        before = f", after {episode.baseline:.0%} {'before' if window else 'at first'}"
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

"""Onsets seen in the loss: nonfinite_loss, loss_divergence, loss_spike."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import Detection, NonFinite
from tb_stability.detectors.detector import FloatArray
from tb_stability.metadata import EPOCH_LOGS, LOSS
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number, place
from tb_stability.series import RunSeries, Series


def loss_onsets(run: RunSeries, thresholds: Thresholds) -> list[Onset]:
    """Returns the onsets that a run's loss shows, in order of step.

    The loss of every step is judged where it was logged, else the loss of each epoch, else the
    validation loss. A validation loss that is not finite while the training loss is, is told too.
    """
    onsets: list[Onset] = []
    curve = _training_curve(run)
    if curve is not None:
        onsets += [*_nonfinite(curve), *_excursions(curve, thresholds)]
    if not any(onset.kind == "nonfinite_loss" for onset in onsets):
        validation = _epoch_curve(run, "val_loss")
        if validation is not None and (curve is None or validation.tag != curve.tag):
            onsets += _nonfinite(validation)
    return sorted(onsets, key=lambda onset: onset.step)


@dataclasses.dataclass(frozen=True, eq=False)
class _Curve:
    """A loss over time, one point a window or an epoch.

    Attributes:
      series: Where it comes from.
      mean: Mean of the finite losses, NaN where there were none, shape ``[points]``.
      highest: Highest finite loss of a single step, likewise; None for a curve of epochs.
      highest_at: Position of that step in its window; None for a curve of epochs.
      nonfinite: Number of non-finite losses, shape ``[points]``.
      first_nonfinite: Position of the first of them in its window, shape ``[points]``.
    """

    series: Series
    mean: FloatArray
    nonfinite: FloatArray
    first_nonfinite: FloatArray
    highest: FloatArray | None = None
    highest_at: FloatArray | None = None

    @property
    def tag(self) -> str:
        return self.series.tag

    @property
    def of_epochs(self) -> bool:
        return self.highest is None

    def step(self, index: int, position: float = 0.0) -> int:
        return int(self.series.first_step[index] + position)

    def epoch(self, index: int) -> int:
        return int(self.series.epoch[index])

    def place(self, index: int, position: float = 0.0) -> str:
        """Where a point is, in words; a curve of epochs knows no steps."""
        step = None if self.of_epochs else self.step(index, position)
        return place(self.epoch(index), step)


def _training_curve(run: RunSeries) -> _Curve | None:
    return _step_curve(run) or _epoch_curve(run, "loss") or _epoch_curve(run, "val_loss")


def _step_curve(run: RunSeries) -> _Curve | None:
    series = run.first_of(LOSS)
    if series is None or not series.measured[:, 0].any():
        return None
    measured = series.measured[:, 0]

    def finite(name: str) -> FloatArray:
        values = series.statistic(name)[:, 0]
        return np.where(measured & np.isfinite(values), values, np.nan)

    return _Curve(
        series=series,
        mean=finite("mean"),
        nonfinite=np.where(measured, series.statistic("nonfinite")[:, 0], np.nan),
        first_nonfinite=np.maximum(series.statistic("first_nonfinite")[:, 0], 0),
        highest=finite("max"),
        highest_at=series.statistic("argmax")[:, 0],
    )


def _epoch_curve(run: RunSeries, name: str) -> _Curve | None:
    series = run.first_of(EPOCH_LOGS, name)
    if series is None:
        return None
    values = series.statistic("value")[:, 0]
    return _Curve(
        series=series,
        mean=np.where(np.isfinite(values), values, np.nan),
        nonfinite=(~np.isfinite(values)).astype(np.float64),
        first_nonfinite=np.zeros(len(values)),
    )


def _nonfinite(curve: _Curve) -> Iterator[Onset]:
    """Yields the first step at which the loss was NaN or infinite.

    Rule: one such value is enough; there is no threshold and no delay. Where training went on to be
    finite again it is a warning, else critical. Later episodes are folded into the first.
    """
    episodes = NonFinite().detect(curve.nonfinite)
    if not episodes:
        return
    episode = episodes[0]
    position = float(curve.first_nonfinite[episode.start])
    step = curve.step(episode.start, position)
    epoch = curve.epoch(episode.start)
    lasting = episodes[-1].end is None
    name = curve.series.rows[0]
    validation = name.startswith("val_")
    value = _first_value(curve, episode.start)
    end = "and never finite again" if lasting else "and finite again later"
    yield Onset(
        kind="nonfinite_loss",
        severity="critical" if lasting and not validation else "warning",
        epoch=epoch,
        step=step,
        row=name if validation else None,
        message=(
            f"The {'validation ' if validation else ''}loss became "
            f"{number(value)} at {curve.place(episode.start, position)}, {end}."
        ),
        evidence=Evidence(curve.tag, "nonfinite", "the loss is NaN or infinite", value),
        end_step=None if lasting else curve.step(episodes[-1].end or 0),
    )


def _first_value(curve: _Curve, index: int) -> float:
    """Returns NaN or infinity, whichever is known to have come; NaN where it is not known."""
    value = float(curve.series.values[index, 0, 0])
    return value if not np.isfinite(value) else np.nan


def _excursions(curve: _Curve, thresholds: Thresholds) -> Iterator[Onset]:
    episodes = thresholds.loss_excursion(epochs=curve.of_epochs).detect(curve.mean)
    # A rise within the first points that goes away is a start, not a spike.
    warmup = thresholds.loss_excursion().warmup
    spikes = [item for item in episodes if item.end is not None and item.start >= warmup]
    for episode in episodes:
        if episode.end is None:
            yield _divergence(curve, episode)
    if spikes:
        yield _spikes(curve, spikes, thresholds)
    elif curve.highest is not None:
        yield from _single_steps(curve, episodes, thresholds)


def _divergence(curve: _Curve, episode: Detection) -> Onset:
    """Returns the onset of a loss that rises clear of its level and does not come back.

    Rule: see `tb_stability.detectors.excursion`; the excursion lasts to the end of the data. Delay:
    `loss_patience` windows, or `loss_patience_epochs` epochs. Silent where the loss never was below
    its starting level by more than noise and does not double.
    """
    epoch, step = curve.epoch(episode.start), curve.step(episode.start)
    return Onset(
        kind="loss_divergence",
        severity="critical",
        epoch=epoch,
        step=step,
        row=None,
        message=(
            f"The loss left its level of {number(episode.baseline)} at "
            f"{curve.place(episode.start)} and has not come back: it reached "
            f"{number(episode.value)}."
        ),
        evidence=_evidence(
            curve, "mean", "rises clear of the best level so far and stays there", episode
        ),
    )


def _spikes(curve: _Curve, spikes: list[Detection], thresholds: Thresholds) -> Onset:
    """Returns the first of the spikes from which the mean loss recovered, the others folded in.

    Rule: as for a divergence, but the loss comes back. Severity: info, or warning where there are
    `spikes` of them or one lasted longer than an epoch.
    """
    first = spikes[0]
    lasted = max(curve.epoch((spike.end or 0) - 1) - curve.epoch(spike.start) for spike in spikes)
    serious = len(spikes) >= thresholds.spikes or lasted >= 1
    epoch, step = curve.epoch(first.start), curve.step(first.start)
    last = spikes[-1]
    return Onset(
        kind="loss_spike",
        severity="warning" if serious else "info",
        epoch=epoch,
        step=step,
        row=None,
        message=(
            f"The loss rose from {number(first.baseline)} to {number(first.value)} at "
            f"{curve.place(first.start)} and came back by "
            f"{curve.place(first.end or 0)}."
            f"{_repeats(len(spikes))}"
        ),
        evidence=_evidence(curve, "mean", "rises clear of the best level and comes back", first),
        end_step=curve.step(last.end or 0),
    )


def _single_steps(
    curve: _Curve, lasting: list[Detection], thresholds: Thresholds
) -> Iterator[Onset]:
    """Yields the first spike of single steps, which the mean of a window does not show.

    Rule: as for spikes of the mean, on the highest loss of each window, against the highest losses
    of windows before. Always info: the mean of the window did not notice.
    """
    if curve.highest is None or curve.highest_at is None:
        return
    until = lasting[0].start if lasting else len(curve.highest)
    broken = np.flatnonzero(curve.nonfinite > 0)
    until = min([until, *broken[:1]])
    episodes = thresholds.spike_excursion().detect(curve.highest[:until])
    spikes = [episode for episode in episodes if episode.end is not None]
    if not spikes:
        return
    first = spikes[0]
    top = first.start + int(np.nanargmax(curve.highest[first.start : first.end]))
    epoch, step = curve.epoch(top), curve.step(top, curve.highest_at[top])
    yield Onset(
        kind="loss_spike",
        severity="info",
        epoch=epoch,
        step=step,
        row=None,
        message=(
            f"The loss of a single step rose to {number(first.value)} at "
            f"{curve.place(top, curve.highest_at[top])}, against {number(first.baseline)} in the "
            f"windows before, and came back at once.{_repeats(len(spikes))}"
        ),
        evidence=_evidence(curve, "max", "highest step of a window, which comes back", first),
        end_step=step + 1,
    )


def _repeats(count: int) -> str:
    return f" It happened {count} times in all." if count > 1 else ""


def _evidence(curve: _Curve, statistic: str, rule: str, episode: Detection) -> Evidence:
    return Evidence(
        tag=curve.tag,
        statistic="value" if curve.of_epochs else statistic,
        rule=rule,
        value=episode.value,
        threshold=episode.threshold,
        baseline=episode.baseline,
        spread=episode.spread,
    )

"""A validation loss that goes its own way: overfitting, validation_spike."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import Detection
from tb_stability.onsets.curve import LossCurve, epoch_curve
from tb_stability.onsets.guessing import accuracy_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# A training loss that rises by no more than this factor is not said to rise.
_STABLE = 1.1


def validation_rises(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields where the validation loss rises while the training loss does not.

    What it tells: overfitting, that the model learns the samples and not what they have in common;
    a spike or a collapse, that it behaves otherwise when it is not trained, as batch norm does on
    little data, whose moving averages lag behind.

    Rule: `tb_stability.detectors.excursion` on the validation loss of each epoch, with
    `loss_patience_epochs`. A rise that lasts to the end of the run is overfitting if the training
    loss ends lower than it ever was up to the best validation loss; it sets in after that best
    epoch. A rise that passes is a validation spike if the training loss does not rise with it.
    Where both losses rise it is the training that failed, which other rules tell. A validation
    accuracy that loses `accuracy_fall` of its best for good while the training loss does not rise
    has collapsed: that is a validation spike from which it never came back.

    Delay: `loss_patience_epochs`. Severity: info, for the training is stable; a warning for a
    collapse. Silent where the training loss or the validation is not logged.
    """
    training, validation = epoch_curve(run, "loss"), epoch_curve(run, "val_loss")
    if training is None or validation is None:
        return
    # A validation loss may be known for some epochs only.
    loss = dict(zip(training.series.epoch.tolist(), training.mean.tolist(), strict=True))
    along = np.array([loss.get(epoch, np.nan) for epoch in validation.series.epoch.tolist()])
    collapse = _collapse(run, loss, thresholds)
    if collapse is not None:
        yield collapse
        return
    episodes = thresholds.loss_excursion(epochs=True).detect(validation.mean)
    spikes = [item for item in episodes if item.end is not None and _falls(along, item)]
    if spikes:
        yield _spike(validation, spikes)
    for episode in episodes:
        if episode.end is None:
            yield from _overfitting(validation, along, episode)


def _collapse(run: RunSeries, loss: dict[int, float], thresholds: Thresholds) -> Onset | None:
    accuracy = accuracy_curve(run, "val_")
    if accuracy is None:
        return None
    along = np.array([loss.get(epoch, np.nan) for epoch in accuracy.series.epoch.tolist()])
    for episode in thresholds.accuracy_excursion().detect(-accuracy.mean):
        stable = np.all(along[episode.start :] <= _STABLE * along[max(episode.start - 1, 0)])
        if episode.end is not None or not stable:
            continue
        return Onset(
            kind="validation_spike",
            severity="warning",
            epoch=accuracy.epoch(episode.start),
            step=accuracy.step(episode.start),
            row=accuracy.series.rows[0],
            message=(
                f"The validation accuracy fell from {number(-episode.baseline)} to "
                f"{number(-episode.value)} at {accuracy.place(episode.start)} and has not come "
                "back, while training went on as before."
            ),
            evidence=Evidence(
                tag=accuracy.tag,
                statistic="value",
                rule="falls clear of the best so far and stays there, while training is smooth",
                value=-episode.value,
                threshold=-episode.threshold,
                baseline=-episode.baseline,
                spread=episode.spread,
            ),
        )
    return None


def _falls(along: np.ndarray, spike: Detection) -> bool:
    before = along[max(spike.start - 1, 0)]
    return bool(np.all(along[spike.start : spike.end] <= _STABLE * before))


def _overfitting(validation: LossCurve, along: np.ndarray, episode: Detection) -> Iterator[Onset]:
    best = int(np.nanargmin(validation.mean[: episode.certain + 1]))
    last = len(validation.mean) - 1
    if best == last or not along[last] < np.nanmin(along[: best + 1], initial=np.inf):
        return
    lowest, final = float(validation.mean[best]), float(validation.mean[last])
    yield Onset(
        kind="overfitting",
        severity="info",
        epoch=validation.epoch(best + 1),
        step=validation.step(best + 1),
        row="val_loss",
        message=(
            f"From {validation.place(best + 1)} on the validation loss rises, from "
            f"{number(lowest)} to {number(final)}, while the training loss falls on to "
            f"{number(float(along[last]))}."
        ),
        evidence=_evidence(validation, episode, "rises for good while the training loss falls"),
    )


def _spike(validation: LossCurve, spikes: list[Detection]) -> Onset:
    first = spikes[0]
    again = f" It happened {len(spikes)} times in all." if len(spikes) > 1 else ""
    return Onset(
        kind="validation_spike",
        severity="info",
        epoch=validation.epoch(first.start),
        step=validation.step(first.start),
        row="val_loss",
        message=(
            f"The validation loss rose from {number(first.baseline)} to {number(first.value)} at "
            f"{validation.place(first.start)} and came back, while training was smooth.{again}"
        ),
        evidence=_evidence(validation, first, "rises and comes back while training is smooth"),
        end_step=validation.step(spikes[-1].end or 0),
    )


def _evidence(validation: LossCurve, episode: Detection, rule: str) -> Evidence:
    return Evidence(
        tag=validation.tag,
        statistic="value",
        rule=rule,
        value=episode.value,
        threshold=episode.threshold,
        baseline=episode.baseline,
        spread=episode.spread,
    )

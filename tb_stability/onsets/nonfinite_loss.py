"""A loss that is NaN or infinite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import NonFinite
from tb_stability.metadata import EPOCH_LOGS
from tb_stability.onsets.curve import LossCurve, epoch_curve, training_curve
from tb_stability.onsets.guessing import accuracy_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries

# Points at exactly zero that are none of chance.
_LEAST_ZEROS = 3


def nonfinite_loss(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first step at which the loss was not finite.

    What it tells: from here on the gradients are not finite either, and a plain optimizer makes the
    weights so.

    Rule: one value that is NaN or infinite. Or, in the log of another logger without an accuracy,
    a loss that is exactly 0 to the end, of three points at least, right after one of half the first
    and more: some loggers leave NaN out, and write 0 for the mean of nothing (as Hugging Face's
    Trainer does by default, `logging_nan_inf_filter`). A loss that comes down to zero passes lower
    values on its way.

    The other losses in the logs, those of parts of the model and of validation, are asked only
    where the training loss is finite throughout: they follow it. Delay: none, of zeros three
    points. Severity: critical; a warning where training went on to be finite again, for a
    validation loss, and for zeros. Silent about a loss that was not logged for an epoch.
    """
    training = training_curve(run)
    found = list(_nonfinite(training)) if training is not None else []
    for name in _other_losses(run):
        curve = None if found else epoch_curve(run, name)
        if curve is not None and (training is None or curve.tag != training.tag):
            found = list(_nonfinite(curve))
    if training is not None and not found and run.record is None and accuracy_curve(run) is None:
        found = list(_zeros(training))
    yield from found


def _zeros(curve: LossCurve) -> Iterator[Onset]:
    """Yields where a loss became exactly zero, all at once and for good."""
    loss = curve.mean
    above = np.flatnonzero(loss != 0)
    first = int(above[-1]) + 1 if len(above) else 0
    if not 0 < first <= len(loss) - _LEAST_ZEROS or not loss[first - 1] >= loss[0] / 2 > 0:
        return
    yield Onset(
        kind="nonfinite_loss",
        severity="warning",
        epoch=curve.epoch(first),
        step=curve.step(first),
        row=None,
        message=(
            f"The loss is exactly 0 from {curve.place(first)} on, and was "
            f"{number(float(loss[first - 1]))} just before: some loggers write 0 for NaN."
        ),
        evidence=Evidence(
            curve.tag, "value", "exactly zero at once and to the end", 0.0, baseline=float(loss[0])
        ),
    )


def _other_losses(run: RunSeries) -> list[str]:
    """Returns the names of losses in the epoch logs, those of training first."""
    names = [series.rows[0] for series in run.of_quantity(EPOCH_LOGS.name, EPOCH_LOGS.statistics)]
    losses = [name for name in names if "loss" in name.lower() and name != "loss"]
    return sorted(losses, key=lambda name: (name.startswith("val_"), name != "val_loss"))


def _nonfinite(curve: LossCurve) -> Iterator[Onset]:
    """Yields the first step at which a loss was NaN or infinite; later episodes are folded in."""
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
        row=None if name == "loss" else name,
        message=(
            f"{_called(name)} became "
            f"{number(value)} at {curve.place(episode.start, position)}, {end}."
        ),
        evidence=Evidence(curve.tag, "nonfinite", "the loss is NaN or infinite", value),
        end_step=None if lasting else curve.step(episodes[-1].end or 0),
    )


def _called(name: str) -> str:
    return {"loss": "The loss", "val_loss": "The validation loss"}.get(name, f"The log {name}")


def _first_value(curve: LossCurve, index: int) -> float:
    """Returns NaN or infinity, whichever is known to have come; NaN where it is not known."""
    value = float(curve.series.values[index, 0, 0])
    return value if not np.isfinite(value) else np.nan

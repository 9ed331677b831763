"""A loss that is NaN or infinite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import NonFinite
from tb_stability.metadata import EPOCH_LOGS
from tb_stability.onsets.curve import LossCurve, epoch_curve, training_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries


def nonfinite_loss(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first step at which the loss was not finite.

    What it tells: from here on the gradients are not finite either, and a plain optimizer makes the
    weights so.

    The other losses in the logs, those of parts of the model and of validation, are asked only
    where the training loss is finite throughout: they follow it.
    """
    training = training_curve(run)
    found = list(_nonfinite(training)) if training is not None else []
    for name in _other_losses(run):
        curve = None if found else epoch_curve(run, name)
        if curve is not None and (training is None or curve.tag != training.tag):
            found = list(_nonfinite(curve))
    yield from found


def _other_losses(run: RunSeries) -> list[str]:
    """Returns the names of losses in the epoch logs, those of training first."""
    names = [series.rows[0] for series in run.of_quantity(EPOCH_LOGS.name, EPOCH_LOGS.statistics)]
    losses = [name for name in names if "loss" in name.lower() and name != "loss"]
    return sorted(losses, key=lambda name: (name.startswith("val_"), name != "val_loss"))


def _nonfinite(curve: LossCurve) -> Iterator[Onset]:
    """Yields the first step at which the loss was NaN or infinite.

    Rule: one such value is enough; there is no threshold and no delay. Severity: critical; a
    warning where training went on to be finite again, and for a validation loss. Later episodes are
    folded into the first. Silent about a loss that was not logged for an epoch.
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

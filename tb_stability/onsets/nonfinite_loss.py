"""A loss that is NaN or infinite."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tb_stability.detectors import NonFinite
from tb_stability.onsets.curve import LossCurve, epoch_curve, training_curve
from tb_stability.onsets.onset import Evidence, Onset
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.wording import number
from tb_stability.series import RunSeries


def nonfinite_loss(run: RunSeries, thresholds: Thresholds) -> Iterator[Onset]:
    """Yields the first step at which the loss was not finite.

    The validation loss is asked only where the training loss is finite throughout: it follows it.
    """
    training = training_curve(run)
    found = list(_nonfinite(training)) if training is not None else []
    validation = epoch_curve(run, "val_loss")
    if (
        not found
        and validation is not None
        and (training is None or validation.tag != training.tag)
    ):
        found = list(_nonfinite(validation))
    yield from found


def _nonfinite(curve: LossCurve) -> Iterator[Onset]:
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


def _first_value(curve: LossCurve, index: int) -> float:
    """Returns NaN or infinity, whichever is known to have come; NaN where it is not known."""
    value = float(curve.series.values[index, 0, 0])
    return value if not np.isfinite(value) else np.nan

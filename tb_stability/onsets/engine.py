"""Runs every rule over a run."""

from __future__ import annotations

import dataclasses

from tb_stability.onsets.blame import in_order_of_blame
from tb_stability.onsets.gradients import gradient_onsets
from tb_stability.onsets.loss import loss_onsets
from tb_stability.onsets.onset import Onset
from tb_stability.onsets.remedies import remedies_for
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.series import RunSeries


def find_onsets(run: RunSeries, thresholds: Thresholds | None = None) -> list[Onset]:
    """Returns the onsets of a run, in order of step.

    Args:
      run: What was measured.
      thresholds: Numbers of the rules, by default those documented in `Thresholds`.

    Example:

    >>> from tb_stability.csv_log import parse_csv_log
    >>> losses = [0.47, 0.41, 0.42, 0.41, 0.40, 0.36, 0.42, 0.36, 0.38, 0.37, 0.72, 0.81, 1.05]
    >>> lines = ["epoch,loss", *(f"{epoch},{loss}" for epoch, loss in enumerate(losses))]
    >>> [(onset.kind, onset.epoch) for onset in find_onsets(parse_csv_log("sweep", lines))]
    [('loss_divergence', 10)]
    """
    thresholds = thresholds or Thresholds()
    symptoms = loss_onsets(run, thresholds)
    onsets = in_order_of_blame([*symptoms, *gradient_onsets(run, symptoms, thresholds)])
    return [_with_remedies(run, onset, onsets) for onset in onsets]


def _with_remedies(run: RunSeries, onset: Onset, onsets: list[Onset]) -> Onset:
    first = onset if onset.cause is None else onsets[onset.cause]
    return dataclasses.replace(onset, remedies=remedies_for(run, onset, first.step))

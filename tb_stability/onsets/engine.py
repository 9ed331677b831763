"""Runs every rule over a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from tb_stability.onsets.blame import in_order_of_blame
from tb_stability.onsets.cell_state_growth import cell_state_growth
from tb_stability.onsets.chance_accuracy import chance_accuracy
from tb_stability.onsets.epoch_boundary_jump import epoch_boundary_jump
from tb_stability.onsets.exploding_gradient import exploding_gradient
from tb_stability.onsets.imbalanced_classes import imbalanced_classes
from tb_stability.onsets.logit_collapse import logit_collapse
from tb_stability.onsets.logit_growth import logit_growth
from tb_stability.onsets.loss_metric_contradiction import loss_metric_contradiction
from tb_stability.onsets.loss_plunge import loss_plunge
from tb_stability.onsets.loss_rises import loss_rises
from tb_stability.onsets.nonfinite_gradient import nonfinite_gradient
from tb_stability.onsets.nonfinite_input import nonfinite_input
from tb_stability.onsets.nonfinite_loss import nonfinite_loss
from tb_stability.onsets.not_learning import not_learning
from tb_stability.onsets.onset import Onset
from tb_stability.onsets.oscillating_loss import oscillating_loss
from tb_stability.onsets.remedies import remedies_for
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.units import unresponsive_units
from tb_stability.onsets.unscaled_input import unscaled_input
from tb_stability.onsets.update_ratio_low import update_ratio_low
from tb_stability.onsets.updates import update_ratio_high
from tb_stability.onsets.validation import validation_rises
from tb_stability.onsets.vanishing_gradient import vanishing_gradient
from tb_stability.onsets.weights import nonfinite_weights, weight_growth
from tb_stability.onsets.wrong_logits_pairing import wrong_logits_pairing
from tb_stability.series import RunSeries

SymptomRule = Callable[[RunSeries, Thresholds], Iterable[Onset]]
CauseRule = Callable[[RunSeries, Sequence[Onset], Thresholds], Iterable[Onset]]

# What goes wrong for all to see.
SYMPTOMS: tuple[SymptomRule, ...] = (
    nonfinite_loss,
    nonfinite_gradient,
    nonfinite_weights,
    nonfinite_input,
    loss_rises,
    loss_plunge,
    oscillating_loss,
    epoch_boundary_jump,
    not_learning,
    chance_accuracy,
    loss_metric_contradiction,
    validation_rises,
)

_NEEDS_A_SOUND_RUN = ("not_learning", "chance_accuracy")
_RISES = ("loss_divergence", "loss_spike")
_COMES_OF_DATA = ("nonfinite_loss", "nonfinite_gradient", "nonfinite_weights")

# What leads there. A cause without a symptom harms nobody, so these are told the symptoms.
CAUSES: tuple[CauseRule, ...] = (
    exploding_gradient,
    update_ratio_high,
    vanishing_gradient,
    update_ratio_low,
    weight_growth,
    cell_state_growth,
    logit_growth,
    unresponsive_units,
    logit_collapse,
    wrong_logits_pairing,
    unscaled_input,
    imbalanced_classes,
)


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
    found = [onset for rule in SYMPTOMS for onset in rule(run, thresholds)]
    symptoms = _with_data_first(_judgeable(found, thresholds))
    causes = [onset for rule in CAUSES for onset in rule(run, symptoms, thresholds)]
    # Where records are missing, the next one may lie beyond the end of what it would explain.
    causes = [item for item in causes if item.end_step is None or item.step < item.end_step]
    onsets = in_order_of_blame([*symptoms, *causes])
    return [_with_remedies(run, onset, onsets, thresholds) for onset in onsets]


def _judgeable(symptoms: list[Onset], thresholds: Thresholds) -> list[Onset]:
    """Leaves out symptoms that another one says better.

    A run that was lost cannot learn any more: it was where something is not finite to the end, and
    where the loss rose for good before there had been time to learn. And a loss that swings to and
    fro rises with each swing, as one that jumps when epochs begin does with each jump.
    """
    lost = any(
        item.severity == "critical"
        and (
            item.kind.startswith("nonfinite")
            or (item.kind == "loss_divergence" and item.epoch < thresholds.learning_epochs)
        )
        for item in symptoms
    )
    swings = [item.epoch for item in symptoms if item.kind == "oscillating_loss"]
    jumps = [item.epoch for item in symptoms if item.kind == "epoch_boundary_jump"]
    return [
        item
        for item in symptoms
        if not (lost and item.kind in _NEEDS_A_SOUND_RUN)
        and not (swings and item.kind in _RISES and item.epoch >= swings[0] - 1)
        and not (jumps and item.kind == "loss_spike" and item.epoch >= jumps[0])
    ]


def _with_data_first(symptoms: list[Onset]) -> list[Onset]:
    """Dates NaN in the data to the first that came of it, where that was seen earlier.

    Inputs are sampled, and the same data come in every epoch: the first sample that was seen to be
    broken is hardly ever the first that was.
    """
    broken = [item for item in symptoms if item.kind in _COMES_OF_DATA]
    first = min(broken, key=lambda item: item.step, default=None)
    return [
        dataclasses.replace(item, step=first.step, epoch=first.epoch)
        if item.kind == "nonfinite_input" and first is not None and first.step < item.step
        else item
        for item in symptoms
    ]


def _with_remedies(
    run: RunSeries, onset: Onset, onsets: list[Onset], thresholds: Thresholds
) -> Onset:
    first = onset if onset.cause is None else onsets[onset.cause]
    # NaN that came of NaN is mended where the first came up.
    same = onset.kind in _COMES_OF_DATA and first.kind in _COMES_OF_DATA
    against = first if same else onset
    if onset.kind == "update_ratio_high":
        # Where the loss still swings the rate is not far from one at which it falls, whatever the
        # ratio: what shortens the swing shortens the step.
        against = next((item for item in onsets if item.kind == "oscillating_loss"), onset)
    remedies = remedies_for(run, against, first.step, thresholds)
    return dataclasses.replace(onset, remedies=remedies)

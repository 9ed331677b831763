"""Runs every rule over a run."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence

from tb_stability.onsets.blame import in_order_of_blame
from tb_stability.onsets.chance_accuracy import chance_accuracy
from tb_stability.onsets.data import imbalanced_classes, nonfinite_input, unscaled_input
from tb_stability.onsets.epoch_boundary_jump import epoch_boundary_jump
from tb_stability.onsets.exploding_gradient import exploding_gradient
from tb_stability.onsets.logit_collapse import logit_collapse
from tb_stability.onsets.loss_plunge import loss_plunge
from tb_stability.onsets.loss_rises import loss_rises
from tb_stability.onsets.nonfinite_gradient import nonfinite_gradient
from tb_stability.onsets.nonfinite_loss import nonfinite_loss
from tb_stability.onsets.not_learning import not_learning
from tb_stability.onsets.onset import Onset
from tb_stability.onsets.remedies import remedies_for
from tb_stability.onsets.thresholds import Thresholds
from tb_stability.onsets.units import unresponsive_units
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
    epoch_boundary_jump,
    not_learning,
    chance_accuracy,
    validation_rises,
)

_NEEDS_A_SOUND_RUN = ("not_learning", "chance_accuracy")

# What leads there. A cause without a symptom harms nobody, so these are told the symptoms.
CAUSES: tuple[CauseRule, ...] = (
    exploding_gradient,
    update_ratio_high,
    vanishing_gradient,
    weight_growth,
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
    symptoms = _judgeable([onset for rule in SYMPTOMS for onset in rule(run, thresholds)])
    causes = [onset for rule in CAUSES for onset in rule(run, symptoms, thresholds)]
    onsets = in_order_of_blame([*symptoms, *causes])
    return [_with_remedies(run, onset, onsets) for onset in onsets]


def _judgeable(symptoms: list[Onset]) -> list[Onset]:
    """Leaves out that a run does not learn where it was lost: it could not learn any more."""
    lost = any(
        item.kind.startswith("nonfinite") and item.severity == "critical" for item in symptoms
    )
    return [item for item in symptoms if not (lost and item.kind in _NEEDS_A_SOUND_RUN)]


def _with_remedies(run: RunSeries, onset: Onset, onsets: list[Onset]) -> Onset:
    first = onset if onset.cause is None else onsets[onset.cause]
    return dataclasses.replace(onset, remedies=remedies_for(run, onset, first.step))

"""What explains what: one story a cause, told from its beginning."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from tb_stability.onsets.onset import KINDS, Onset

_LOSS = {"loss_spike", "loss_divergence", "oscillating_loss"}
_NONFINITE = {"nonfinite_loss", "nonfinite_gradient", "nonfinite_weights"}
_STEPS = {"exploding_gradient", "update_ratio_high"}
_SIZES = {"weight_growth", "cell_state_growth", "logit_growth"}
_UNITS = {"dead_relu", "saturated_activation", "gate_saturation"}
_FAILURE = _LOSS | _NONFINITE | _UNITS
_STUCK = {"logit_collapse", "not_learning", "chance_accuracy"}

# Which kinds a kind can bring about. NaN weights make every later loss and gradient NaN, so of the
# two non-finite kinds the earlier explains the later.
_EXPLAINS: dict[str, set[str]] = {
    "wrong_logits_pairing": {"vanishing_gradient", "loss_metric_contradiction"}
    | _STUCK
    | _LOSS
    | _NONFINITE,
    "nonfinite_input": _NONFINITE,
    "unscaled_input": {"cell_state_growth"} | _STEPS | _FAILURE,
    "imbalanced_classes": _STUCK,
    "epoch_boundary_jump": _STEPS | _LOSS,
    "exploding_gradient": _STEPS | _SIZES | _FAILURE,
    "update_ratio_high": _STEPS | _SIZES | _FAILURE,
    "weight_growth": {"logit_growth"} | _STEPS | _FAILURE,
    "cell_state_growth": {"logit_growth", "vanishing_gradient"} | _STEPS | _FAILURE | _STUCK,
    "logit_growth": _STEPS | _LOSS | _NONFINITE,
    "oscillating_loss": {"loss_divergence"} | _SIZES | _NONFINITE | _UNITS,
    "loss_divergence": _SIZES | _NONFINITE | _UNITS,
    "nonfinite_loss": {"loss_divergence"} | _NONFINITE,
    "nonfinite_gradient": {"loss_divergence"} | _NONFINITE,
    "nonfinite_weights": _NONFINITE,
    "dead_relu": {"vanishing_gradient"} | _STUCK,
    "saturated_activation": {"vanishing_gradient"} | _STUCK,
    "gate_saturation": {"vanishing_gradient"} | _STUCK,
    "vanishing_gradient": _STUCK,
    "logit_collapse": _STUCK,
    "update_ratio_low": _STUCK,
    "not_learning": {"chance_accuracy"},
}

_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def in_order_of_blame(onsets: Iterable[Onset]) -> list[Onset]:
    """Returns onsets in order of step, each with the index of the first one that explains it.

    An onset is explained by an earlier one, or one of the same step that comes first in `KINDS`,
    if that kind can bring it about and was not over by then.
    """
    ordered = sorted(onsets, key=lambda onset: (onset.step, _RANK[onset.kind]))
    return [
        dataclasses.replace(onset, cause=_cause(ordered[:index], onset))
        for index, onset in enumerate(ordered)
    ]


def _cause(before: list[Onset], onset: Onset) -> int | None:
    for index, candidate in enumerate(before):
        over = candidate.end_step is not None and candidate.end_step <= onset.step
        if onset.kind in _EXPLAINS.get(candidate.kind, ()) and not over:
            return index
    return None

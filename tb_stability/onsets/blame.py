"""What explains what: one story a cause, told from its beginning."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

from tb_stability.onsets.onset import KINDS, Onset

# Which kinds a kind can bring about. NaN weights make every later loss and gradient NaN, so of the
# two non-finite kinds the earlier explains the later.
_EXPLAINS = {
    "dead_relu": {"vanishing_gradient", "not_learning"},
    "saturated_activation": {"vanishing_gradient", "not_learning"},
    "vanishing_gradient": {"not_learning"},
    "update_ratio_high": {
        "exploding_gradient",
        "loss_spike",
        "loss_divergence",
        "nonfinite_gradient",
        "nonfinite_loss",
        "dead_relu",
        "saturated_activation",
    },
    "epoch_boundary_jump": {"loss_spike", "loss_divergence"},
    "exploding_gradient": {
        "update_ratio_high",
        "loss_spike",
        "loss_divergence",
        "nonfinite_gradient",
        "nonfinite_loss",
        "dead_relu",
        "saturated_activation",
    },
    "loss_divergence": {"nonfinite_gradient", "nonfinite_loss"},
    "nonfinite_gradient": {"nonfinite_loss", "loss_divergence"},
    "nonfinite_loss": {"nonfinite_gradient", "loss_divergence"},
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

"""The symptoms that causes are asked about: a run that fails, and a run that does not learn."""

from __future__ import annotations

from collections.abc import Sequence

from tb_stability.onsets.loss_plunge import is_plunge
from tb_stability.onsets.onset import Onset

_FAILURES = (
    "nonfinite_loss",
    "nonfinite_gradient",
    "loss_divergence",
    "loss_spike",
    "oscillating_loss",
)
_STUCK = ("not_learning", "chance_accuracy")

# Symptoms that are certain once they are seen, whether or not the run learns.
_CERTAIN = (
    *_FAILURES,
    "nonfinite_weights",
    "nonfinite_input",
    "epoch_boundary_jump",
    "loss_metric_contradiction",
)

# What explains a run that does not learn, and nothing else.
_OF_STUCK = ("vanishing_gradient", "logit_collapse", "imbalanced_classes", "update_ratio_low")


def first_failure(symptoms: Sequence[Onset]) -> Onset | None:
    """Returns the first symptom that large gradients or steps may have caused, None without one.

    What passes without harm is an info, and no failure. Spikes in a run whose loss jumps when
    epochs begin come from the order of the data, and the gradients follow them.
    """
    jumps = any(item.kind == "epoch_boundary_jump" for item in symptoms)
    failures = [
        item
        for item in symptoms
        if item.kind in _FAILURES
        and item.severity != "info"
        and not (jumps and item.kind == "loss_spike")
    ]
    return min(failures, key=lambda item: item.step, default=None)


def first_stuck(symptoms: Sequence[Onset]) -> Onset | None:
    """Returns the first symptom of a run that does not learn, None where it learns."""
    return next((item for item in symptoms if item.kind in _STUCK), None)


def is_hurt(symptoms: Sequence[Onset]) -> bool:
    """Returns whether any symptom is more than an info."""
    return any(item.severity != "info" for item in symptoms)


def certain_in_training(onsets: Sequence[Onset]) -> list[Onset]:
    """Leaves out what may still turn out otherwise while a run goes on.

    That it learns nothing is never certain before it ends: some break through late. Nor is that its
    loss falls without bound: all that slow down in the end fall faster and faster at first. Nor is
    what is told for these reasons alone, nor a validation that has collapsed while training is
    well.
    """
    serious = [item for item in onsets if item.severity != "info"]
    settled = [item for item in serious if not is_plunge(item)]
    unsettled = len(settled) < len(serious) or first_stuck(serious) is not None
    if unsettled and first_failure(settled) is None:
        return [item for item in settled if item.kind in _CERTAIN]
    open_until_the_end = (*_STUCK, *_OF_STUCK, "validation_spike")
    return [item for item in settled if item.kind not in open_until_the_end]

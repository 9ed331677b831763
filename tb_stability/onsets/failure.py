"""The failure of a run that its gradients and updates may have led to."""

from __future__ import annotations

from collections.abc import Sequence

from tb_stability.onsets.onset import Onset

_FAILURES = ("nonfinite_loss", "nonfinite_gradient", "loss_divergence", "loss_spike")


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

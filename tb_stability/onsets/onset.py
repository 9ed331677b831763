"""What the engine finds, as plain data."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

Severity = Literal["critical", "warning", "info"]

SEVERITIES: tuple[Severity, ...] = ("critical", "warning", "info")

# Kinds, the most likely cause first: of two onsets at one step the earlier in this list is told
# first. So a step's loss comes before its gradient, which is computed from it, and the gradient
# before the update that it makes. The value is what people read.
KINDS = {
    "wrong_logits_pairing": "Output and loss do not match",
    "nonfinite_input": "Non-finite input",
    "unscaled_input": "Unscaled input",
    "imbalanced_classes": "Imbalanced classes",
    "epoch_boundary_jump": "Jump at epoch boundaries",
    "exploding_gradient": "Exploding gradient",
    "update_ratio_high": "Steps too large",
    "weight_growth": "Growing weights",
    "cell_state_growth": "Growing cell state",
    "logit_growth": "Growing logits",
    "oscillating_loss": "Oscillating loss",
    "loss_spike": "Loss spike",
    "loss_divergence": "Loss divergence",
    "nonfinite_loss": "Non-finite loss",
    "nonfinite_gradient": "Non-finite gradient",
    "nonfinite_weights": "Non-finite weights",
    "dead_relu": "Dead ReLU units",
    "saturated_activation": "Saturated units",
    "gate_saturation": "Saturated gates",
    "vanishing_gradient": "Vanishing gradient",
    "logit_collapse": "Logits large and alike",
    "update_ratio_low": "Steps too small",
    "not_learning": "Not learning",
    "chance_accuracy": "Accuracy at chance",
    "loss_metric_contradiction": "Loss and accuracy disagree",
    "overfitting": "Overfitting",
    "validation_spike": "Validation spike",
}


@dataclasses.dataclass(frozen=True)
class Evidence:
    """What was seen, and what it was compared with.

    Attributes:
      tag: The series that shows it.
      statistic: The statistic that was judged, e.g. ``"max"``.
      rule: The rule in words.
      value: What was seen.
      threshold: What it had to pass; None where one non-finite value is enough.
      baseline: What the same row was before; None where the rule needs none.
      spread: Robust standard deviation about the baseline, in the same unit; None likewise.
    """

    tag: str
    statistic: str
    rule: str
    value: float
    threshold: float | None = None
    baseline: float | None = None
    spread: float | None = None


@dataclasses.dataclass(frozen=True)
class Remedy:
    """Something to try: a sentence, and code to copy where there is any."""

    text: str
    code: str = ""


@dataclasses.dataclass(frozen=True)
class Onset:
    """Where an instability set in.

    Attributes:
      kind: One of `KINDS`.
      severity: ``critical`` (the run is lost from here on), ``warning`` or ``info``.
      epoch: Epoch, counted from 0.
      step: Step, counted from 1; the epoch where only epochs were logged.
      row: The row where it began; None where the quantity has one row only, or all began at once.
      message: One sentence for a tired person.
      evidence: What was seen.
      remedies: What to try, in order of promise.
      end_step: First step at which it was over; None where it lasts to the end of the data.
      cause: Index, in the list of the run's onsets, of the onset that explains this one.
    """

    kind: str
    severity: Severity
    epoch: int
    step: int
    row: str | None
    message: str
    evidence: Evidence
    remedies: tuple[Remedy, ...] = ()
    end_step: int | None = None
    cause: int | None = None

    @property
    def title(self) -> str:
        """The kind as people read it."""
        return KINDS[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """Returns the onset as plain values; floats may be non-finite."""
        return {
            "kind": self.kind,
            "title": self.title,
            "severity": self.severity,
            "epoch": self.epoch,
            "step": self.step,
            "row": self.row,
            "message": self.message,
            "evidence": dataclasses.asdict(self.evidence),
            "remedies": [dataclasses.asdict(remedy) for remedy in self.remedies],
            "end_step": self.end_step,
            "cause": self.cause,
        }


def worst_severity(onsets: Sequence[Onset]) -> Severity | None:
    """Returns the worst severity among onsets, None where there are none."""
    found = {onset.severity for onset in onsets}
    return next((severity for severity in SEVERITIES if severity in found), None)

"""The quantities that can be asked for, in the order in which they are written."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

from tb_stability.capture.clipped_fraction import ClippedFraction
from tb_stability.capture.dead_relu import DeadRelu
from tb_stability.capture.gate_saturation import GateSaturation
from tb_stability.capture.gradient_norm import GradientNorm
from tb_stability.capture.inputs import Inputs
from tb_stability.capture.label_entropy import LabelEntropy
from tb_stability.capture.labels import Labels
from tb_stability.capture.learning_rate import LearningRate
from tb_stability.capture.logits import ClassLogits, Logits
from tb_stability.capture.loss import Loss
from tb_stability.capture.probe import Probe
from tb_stability.capture.recurrence import RecurrentSamples
from tb_stability.capture.recurrent_state import CellState, HiddenState
from tb_stability.capture.saturation import Saturation
from tb_stability.capture.targets import Targets
from tb_stability.capture.time_gradient import TimeGradient
from tb_stability.capture.update_ratio import UpdateRatio
from tb_stability.capture.weights import WeightNorm

_ALWAYS: tuple[type[Probe], ...] = (Loss, GradientNorm)

_CHOICE: tuple[type[Probe], ...] = (
    WeightNorm,
    UpdateRatio,
    ClippedFraction,
    DeadRelu,
    Saturation,
    Logits,
    ClassLogits,
    Labels,
    LabelEntropy,
    Targets,
    Inputs,
    TimeGradient,
)

# These share the runs of recurrent cells.
_RECURRENT: dict[str, Callable[[RecurrentSamples], Probe]] = {
    CellState.name: CellState,
    HiddenState.name: HiddenState,
    GateSaturation.name: GateSaturation,
}

_PROBES: dict[str, Callable[[], Probe]] = {probe.name: probe for probe in _CHOICE}
_REQUIRED = (*(probe.name for probe in _ALWAYS), LearningRate.name)
_OPTIONAL = (*_PROBES, *_RECURRENT)

# What is not free is measured where it is asked for by name.
_WHERE_ASKED: dict[str, Callable[[], Probe]] = {
    TimeGradient.name: functools.partial(TimeGradient, of_raw_data=True)
}


@dataclasses.dataclass(frozen=True)
class Choice:
    """Which quantities are measured, besides those that always are.

    Attributes:
      names: In the order in which they are written.
      asked: Whether they were asked for by name.
    """

    names: tuple[str, ...]
    asked: bool


def choose_quantities(asked: Iterable[str] | None) -> Choice:
    """Returns the quantities that are asked for, checked; all there are, for None.

    Raises:
      ValueError: If a name is unknown.

    Example:

    >>> choose_quantities(["dead_relu", "loss"]).names
    ('dead_relu',)
    """
    if asked is None:
        return Choice(_OPTIONAL, asked=False)
    names = [asked] if isinstance(asked, str) else list(asked)
    known = (*_REQUIRED, *_OPTIONAL)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"unknown quantities: {', '.join(map(repr, unknown))}. Known ones are: "
            f"{', '.join(sorted(known))}"
        )
    return Choice(tuple(name for name in _OPTIONAL if name in names), asked=True)


def make_probes(choice: Choice, model: Any) -> list[Probe]:
    """Returns new probes of the chosen quantities, and of those that are always measured."""
    makers = _PROBES | (_WHERE_ASKED if choice.asked else {})
    samples = RecurrentSamples()
    chosen = (
        makers[name]() if name in makers else _RECURRENT[name](samples) for name in choice.names
    )
    return [*(probe() for probe in _ALWAYS), LearningRate(model), *chosen]

"""The quantities that can be asked for, in the order in which they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tb_stability.capture.clipped_fraction import ClippedFraction
from tb_stability.capture.dead_relu import DeadRelu
from tb_stability.capture.gate_saturation import GateSaturation
from tb_stability.capture.gradient_norm import GradientNorm
from tb_stability.capture.inputs import Inputs
from tb_stability.capture.labels import Labels
from tb_stability.capture.learning_rate import LearningRate
from tb_stability.capture.logits import ClassLogits, Logits
from tb_stability.capture.loss import Loss
from tb_stability.capture.probe import Probe
from tb_stability.capture.recurrence import RecurrentSamples
from tb_stability.capture.recurrent_state import CellState, HiddenState
from tb_stability.capture.saturation import Saturation
from tb_stability.capture.weights import UpdateRatio, WeightNorm

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
    Inputs,
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


def quantity_names(asked: Iterable[str] | None) -> tuple[str, ...]:
    """Returns the names that are asked for, checked; all there are, for None.

    Raises:
      ValueError: If a name is unknown.

    Example:

    >>> quantity_names(["dead_relu", "loss"])
    ('dead_relu',)
    """
    if asked is None:
        return _OPTIONAL
    names = [asked] if isinstance(asked, str) else list(asked)
    known = (*_REQUIRED, *_OPTIONAL)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(
            f"unknown quantities: {', '.join(map(repr, unknown))}. Known ones are: "
            f"{', '.join(sorted(known))}"
        )
    return tuple(name for name in _OPTIONAL if name in names)


def make_probes(names: Iterable[str], model: Any) -> list[Probe]:
    """Returns new probes of the named quantities, and of those that are always measured."""
    samples = RecurrentSamples()
    chosen = (_PROBES[name]() if name in _PROBES else _RECURRENT[name](samples) for name in names)
    return [*(probe() for probe in _ALWAYS), LearningRate(model), *chosen]

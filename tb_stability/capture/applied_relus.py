"""Which operations of TensorFlow are ReLUs whose units can die."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import tensorflow as tf

RELUS: Mapping[str, str] = {"Relu": "relu", "Relu6": "relu6"}

# What is looked at: the ReLUs, and what their inputs are made by.
LOOKED_AT = frozenset((*RELUS, "Neg", "AddV2"))


@dataclasses.dataclass(frozen=True)
class Made:
    """An operation that was made in a graph, or ran.

    Attributes:
      kind: Type of the operation.
      inputs: What it was given.
      outputs: What it returned.
    """

    kind: str
    inputs: Sequence[tf.Tensor]
    outputs: Sequence[tf.Tensor]


def applied_relus(operations: Sequence[Made]) -> Iterator[tuple[str, tf.Tensor]]:
    """Yields name and output of each ReLU, in the order given.

    Of those whose outputs are units: tensors of samples, and a known number of units. None of them
    are a ReLU of x beside one of -x, which together leak as PReLU does, and a ReLU6 of x + 3, which
    is a hard sigmoid: it is a gate, and meant to close.

    Args:
      operations: Those `LOOKED_AT`.
    """
    made_by = {id(one.outputs[0]): one for one in operations}
    relus = [one for one in made_by.values() if one.kind in RELUS]
    sides = {_side(one, made_by) for one in relus}
    for one in relus:
        origin, negative = _side(one, made_by)
        if (origin, not negative) not in sides and not _is_gate(one, made_by) and _has_units(one):
            yield RELUS[one.kind], one.outputs[0]


def _side(relu: Made, made_by: Mapping[int, Made]) -> tuple[int, bool]:
    source = relu.inputs[0]
    maker = made_by.get(id(source))
    negative = maker is not None and maker.kind == "Neg"
    return (id(maker.inputs[0]), True) if maker and negative else (id(source), False)


def _is_gate(relu: Made, made_by: Mapping[int, Made]) -> bool:
    maker = made_by.get(id(relu.inputs[0]))
    if relu.kind != "Relu6" or maker is None or maker.kind != "AddV2":
        return False
    numbers = [tensor for tensor in maker.inputs if tensor.shape.rank == 0]
    return any(tf.get_static_value(number) == 3 for number in numbers)


def _has_units(relu: Made) -> bool:
    shape = relu.outputs[0].shape
    return shape.rank is not None and shape.rank >= 2 and shape[-1] is not None

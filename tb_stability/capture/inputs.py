"""Range of what a model is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import tensorflow as tf

from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.ranges import RANGE, Ranges
from tb_stability.metadata import Quantity

INPUTS = Quantity(
    name="inputs",
    title="Inputs",
    description=(
        "Mean, standard deviation and range of the finite elements of each input, over the "
        "measured batches."
    ),
    row_kind="input",
    statistics=RANGE,
)

# Names that Keras makes up and numbers through the process.
_MADE_UP = re.compile(r"(keras_tensor|input_layer|input)(_\d+)?(CLONE)?")


class Inputs(Probe):
    """Sampled, of every input of floating type, before any cast to a lower precision.

    See `tb_stability.capture.ranges.Ranges` for the statistics.
    """

    name = INPUTS.name

    def __init__(self) -> None:
        self._ranges = Ranges(INPUTS)

    def on_inputs(self, context: StepContext, inputs: Any) -> None:
        found = {
            name: tensor
            for name, tensor in named_inputs(context.model, inputs)
            if tf.is_tensor(tensor) and tensor.dtype.is_floating
        }
        if is_first_replica():
            self._ranges.sample(self, context, found)

    def collect(self, steps: int) -> Iterator[Measurement]:
        yield from self._ranges.collect(steps)


def named_inputs(model: Any, inputs: Any) -> Iterator[tuple[str, Any]]:
    """Yields each input with the name that a user gave it, or else ``input``, ``input_1``...

    Args:
      model: The model that is given them.
      inputs: A tensor, or a dict, list or tuple of them.
    """
    if isinstance(inputs, Mapping):
        yield from ((str(name), item) for name, item in inputs.items())
        return
    flat = keras.tree.flatten(inputs)
    given = [
        str(tensor.name) for tensor in keras.tree.flatten(getattr(model, "inputs", None) or [])
    ]
    if len(given) != len(flat):
        given = [""] * len(flat)
    for index, (name, item) in enumerate(zip(given, flat, strict=True)):
        if not name or _MADE_UP.fullmatch(name) or given.count(name) > 1:
            name = f"input_{index}" if index else "input"
        yield name, item

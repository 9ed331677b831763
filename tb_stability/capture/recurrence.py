"""Runs recurrent layers again, step by step, on a few samples of the training data.

The fused kernels return only the last state, and a loop inside the train step would slow it down.
So the step only keeps the inputs of a few samples, and the host runs the layer's cell over them
when a window ends, with the weights of that moment.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Call, Probe, StepContext

SAMPLES = 4

Array = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class CellRun:
    """One cell, run over the time steps of a few samples.

    Attributes:
      name: Path of the layer, of the cell for stacked ones.
      cell: A Keras cell.
      inputs: float32 ``[time, samples, features]``, in the order in which they were run.
      states: The cell's states after each step, float32 ``[time, samples, units]`` each.
      first_states: The same before the first step, ``[samples, units]`` each.
      reverse: Whether the layer runs from the last time step to the first.
    """

    name: str
    cell: Any
    inputs: Array
    states: tuple[Array, ...]
    first_states: tuple[Array, ...]
    reverse: bool

    def in_time(self, values: Array) -> Array:
        """Returns values ``[time, ...]`` of this run in the order of the sequence."""
        return values[::-1] if self.reverse else values


class RecurrentSamples:
    """Keeps the inputs of recurrent layers in the step, and runs the layers again on the host.

    Shared by the probes of recurrent quantities: the first to come keeps for all of them, and what
    was run is run once a window.
    """

    def __init__(self) -> None:
        self._owner: Probe | None = None
        self._kept: dict[str, _KeptInputs] = {}
        self._runs: list[CellRun] = []
        self._served: list[Probe] = []

    def keep(self, probe: Probe, context: StepContext, call: Call) -> None:
        """Keeps the first samples of a recurrent layer's inputs, in the sampled steps."""
        self._owner = self._owner or probe
        if probe is not self._owner or not is_first_replica():
            return
        for name, layer in _recurrent_layers(call):
            arguments = _tensors_of(layer, call)
            if arguments is None:
                continue
            if name not in self._kept:
                self._kept[name] = _KeptInputs(name, layer, arguments)
            context.sample(probe, self._kept[name].store, arguments, name)

    def runs(self, probe: Probe) -> list[CellRun]:
        """Returns the cells' runs with the weights of now; the same for all probes of a window."""
        if probe in self._served or not self._served:
            self._served = []
            self._runs = [run for kept in self._kept.values() for run in kept.run()]
        self._served.append(probe)
        return self._runs


def _recurrent_layers(call: Call) -> Iterator[tuple[str, Any]]:
    layer = call.layer
    if isinstance(layer, keras.layers.Bidirectional):
        # Its fused kernel calls neither of the two.
        for part in (layer.forward_layer, layer.backward_layer):
            yield f"{call.name}/{part.name}", part
    elif isinstance(layer, keras.layers.RNN):
        yield call.name, layer


def _tensors_of(layer: Any, call: Call) -> dict[str, Any] | None:
    """Returns sequence, mask and initial state of a call; None where they are not to be had."""
    given = {
        name: call.arguments.get(name)
        for name in ("sequences", "mask", "initial_state")
        if call.arguments.get(name) is not None
    }
    if isinstance(call.layer, keras.layers.Bidirectional):
        given.pop("initial_state", None)
    if "initial_state" not in given and layer.stateful:
        return None
    return given if tf.is_tensor(given.get("sequences")) else None


class _KeptInputs:
    def __init__(self, name: str, layer: Any, arguments: dict[str, Any]) -> None:
        self._name = name
        self._layer = layer
        self._structure = arguments
        self._variables = [_flexible(tensor) for tensor in tf.nest.flatten(arguments)]
        with tf.init_scope():
            self._filled = tf.Variable(False, trainable=False, name="stability_filled")
        self._function = tf.function(self._replay, autograph=False, reduce_retracing=True)

    def store(self, arguments: dict[str, Any]) -> None:
        for variable, tensor in zip(self._variables, tf.nest.flatten(arguments), strict=True):
            variable.assign(tf.cast(tensor[:SAMPLES], variable.dtype))
        self._filled.assign(True)

    def run(self) -> Iterator[CellRun]:
        if not self._filled.numpy():
            return
        kept = [variable.read_value() for variable in self._variables]
        inputs, first, states = self._function(kept)
        cells = _cells(self._layer)
        sequence = inputs.numpy()
        for index, cell in enumerate(cells):
            name = self._name if len(cells) == 1 else f"{self._name}/{cell.name}"
            yield CellRun(
                name,
                cell,
                sequence,
                tuple(state.numpy() for state in states[index]),
                tuple(state.numpy() for state in first[index]),
                bool(self._layer.go_backwards),
            )
            # The output of a cell is the input of the one above it.
            sequence = states[index][0].numpy()

    def _replay(self, kept: list[tf.Tensor]) -> tuple[tf.Tensor, Any, Any]:
        arguments = tf.nest.pack_sequence_as(self._structure, kept)
        inputs = tf.einsum("nt...->tn...", arguments["sequences"])
        mask = arguments.get("mask")
        mask = tf.ones(tf.shape(inputs)[:2], tf.bool) if mask is None else tf.transpose(mask)
        if self._layer.go_backwards:
            inputs, mask = inputs[::-1], mask[::-1]
        cells = _cells(self._layer)
        initial = arguments.get("initial_state")
        if initial is None:
            initial = self._layer.get_initial_state(tf.shape(inputs)[1])
        first = _by_cell(initial, cells)

        def step(states: Any, now: tuple[tf.Tensor, tf.Tensor]) -> Any:
            sequence, valid = now
            new_states = []
            for cell, old in zip(cells, states, strict=True):
                sequence, new = cell(sequence, old if len(old) > 1 else old[0], training=False)
                new = [tf.cast(part, tf.float32) for part in tf.nest.flatten(new)]
                keep = [tf.where(valid[:, None], a, b) for a, b in zip(new, old, strict=True)]
                new_states.append(keep)
            return new_states

        return inputs, first, tf.scan(step, (inputs, mask), initializer=first)


def _cells(layer: Any) -> list[Any]:
    cell = layer.cell
    return list(cell.cells) if isinstance(cell, keras.layers.StackedRNNCells) else [cell]


def _by_cell(states: Any, cells: list[Any]) -> list[list[tf.Tensor]]:
    flat = [tf.cast(state, tf.float32) for state in tf.nest.flatten(states)]
    result = []
    for cell in cells:
        size = len(tf.nest.flatten(cell.state_size))
        result.append(flat[:size])
        flat = flat[size:]
    return result


def _flexible(tensor: tf.Tensor) -> tf.Variable:
    # Sequences may differ in length from batch to batch; XLA needs the true shape from the start.
    dtype = tf.float32 if tensor.dtype.is_floating else tensor.dtype
    shape = [SAMPLES, *(size or 0 for size in tensor.shape[1:])]
    with tf.init_scope():
        zeros = tf.zeros(shape, dtype)
        return tf.Variable(
            zeros, trainable=False, shape=tf.TensorShape(None), name="stability_samples"
        )

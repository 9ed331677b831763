"""What goes into the softmax or sigmoid of a model's outputs."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.metadata import Quantity, SeriesMetadata

# Row group of the tag, and what it is the name of.
_ASPECTS = {
    "max_abs": ("Largest logit", "Largest absolute logit of the batch."),
    "mean_abs": ("Mean logit", "Mean absolute logit."),
    "spread": (
        "Logit spread",
        "Largest less smallest logit of a sample, the mean of the batch; the mean absolute logit "
        "before a sigmoid.",
    ),
    "top_probability": ("Top probability", "Probability of the likeliest class, on average."),
    "entropy": ("Output entropy", "Entropy of the predicted classes in nats, on average."),
}

# Beyond, a line per class shows nothing.
MOST_CLASSES = 256

CLASS_LOGITS = Quantity(
    name="class_logits",
    title="Logit of each class",
    description="Mean logit of each class over the batch.",
    row_kind="class",
)


@dataclasses.dataclass(frozen=True)
class Output:
    """Logits of one output of a model.

    Attributes:
      name: As Keras names it.
      logits: Float ``[..., classes]``.
      binary: Whether each logit is of a class of its own, as before a sigmoid.
    """

    name: str
    logits: tf.Tensor
    binary: bool


class Logits(Probe):
    """Sampled, of every output that is a softmax or sigmoid, or whose loss takes logits.

    It does not matter whether softmax is an activation argument, a layer, an operation, or left to
    a loss with `from_logits=True`. Outputs of a regression have no logits.
    """

    name = "logits"

    def __init__(self) -> None:
        self._rows: tuple[str, ...] = ()
        self._accumulator: StepAccumulator | None = None

    def on_outputs(self, context: StepContext, outputs: Any) -> None:
        found = find_logits(context.model, outputs)
        if not found or not is_first_replica():
            return
        if self._accumulator is None:
            self._rows = tuple(output.name for output in found)
            self._accumulator = StepAccumulator(len(_ASPECTS) * len(found), context.clock)
        accumulator = self._accumulator
        binary = [output.binary for output in found]

        def measure(logits: list[tf.Tensor]) -> None:
            columns = [_aspects(*output) for output in zip(logits, binary, strict=True)]
            accumulator.write(tf.reshape(tf.stack(columns, axis=1), [-1]))

        context.sample(self, measure, [output.logits for output in found])

    def collect(self, steps: int) -> Iterator[Measurement]:
        if self._accumulator is None:
            return
        parts = np.split(self._accumulator.statistics(steps), len(_ASPECTS))
        for (aspect, (title, description)), part in zip(_ASPECTS.items(), parts, strict=True):
            quantity = Quantity(self.name, title, description, row_kind="output", view="lines")
            yield SeriesMetadata(quantity, self._rows, aspect), part


class ClassLogits(Probe):
    """Sampled, of the same outputs as `Logits`, up to `MOST_CLASSES` classes each."""

    name = CLASS_LOGITS.name

    def __init__(self) -> None:
        self._accumulators: dict[str, StepAccumulator] = {}
        self._series: dict[str, SeriesMetadata] = {}

    def on_outputs(self, context: StepContext, outputs: Any) -> None:
        if not is_first_replica():
            return
        found = find_logits(context.model, outputs)
        for output in found:
            classes = output.logits.shape[-1]
            if classes > MOST_CLASSES:
                continue
            if output.name not in self._series:
                group = output.name if len(found) > 1 else ""
                rows = tuple(str(number) for number in range(classes))
                self._series[output.name] = SeriesMetadata(CLASS_LOGITS, rows, group)
                self._accumulators[output.name] = StepAccumulator(classes, context.clock)
            context.sample(self, functools.partial(self._measure, output.name), output.logits)

    def _measure(self, output: str, logits: tf.Tensor) -> None:
        means = tf.reduce_mean(_by_sample(logits), axis=0)
        self._accumulators[output].write(means)

    def collect(self, steps: int) -> Iterator[Measurement]:
        for name, accumulator in self._accumulators.items():
            yield self._series[name], accumulator.statistics(steps)


def find_logits(model: Any, outputs: Any) -> list[Output]:
    """Returns the logits of each output of a classifier among a model's outputs."""
    found = []
    for name, output, loss in outputs_with_losses(model, outputs):
        # Keras keeps the logits at the output of a softmax or sigmoid for its own losses.
        logits = getattr(output, "_keras_logits", None)
        if logits is None and getattr(loss, "from_logits", False):
            logits = output
        if logits is not None and logits.shape.rank and logits.shape[-1] is not None:
            found.append(Output(name, logits, _is_binary(output, logits, loss)))
    return found


def outputs_with_losses(model: Any, outputs: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yields the name of each of a model's outputs, the output, and its loss or None."""
    losses = getattr(model, "loss", None)
    if isinstance(outputs, Mapping):
        for name, output in outputs.items():
            yield str(name), output, losses.get(name) if isinstance(losses, Mapping) else losses
        return
    flat = keras.tree.flatten(outputs)
    names = list(getattr(model, "output_names", None) or ())
    if len(names) != len(flat):
        names = ["output"] if len(flat) == 1 else [f"output_{n}" for n in range(len(flat))]
    for index, (name, output) in enumerate(zip(names, flat, strict=True)):
        loss = losses
        if isinstance(losses, Mapping):
            loss = losses.get(name)
        elif isinstance(losses, (list, tuple)):
            loss = losses[index] if index < len(losses) else None
        yield name, output, loss


def _is_binary(output: Any, logits: Any, loss: Any) -> bool:
    if logits.shape[-1] == 1:
        return True
    if not tf.executing_eagerly() and output is not logits:
        return bool(output.op.type == "Sigmoid")
    name = loss if isinstance(loss, str) else getattr(loss, "name", None)
    return "binary" in str(name)


def _by_sample(logits: tf.Tensor) -> tf.Tensor:
    return tf.reshape(tf.cast(logits, tf.float32), [-1, logits.shape[-1]])


def _aspects(logits: tf.Tensor, binary: bool) -> tf.Tensor:
    """Returns the numbers of `_ASPECTS`, float32."""
    logits = _by_sample(logits)
    size = tf.abs(logits)
    if binary:
        # A logit z is a choice between z and 0.
        spread = size
        top = tf.sigmoid(size)
        entropy = tf.nn.sigmoid_cross_entropy_with_logits(tf.sigmoid(logits), logits)
    else:
        spread = tf.reduce_max(logits, axis=1) - tf.reduce_min(logits, axis=1)
        logarithms = tf.nn.log_softmax(logits)
        top = tf.exp(tf.reduce_max(logarithms, axis=1))
        entropy = -tf.reduce_sum(tf.math.multiply_no_nan(logarithms, tf.exp(logarithms)), axis=1)
    means = [tf.reduce_mean(values) for values in (size, spread, top, entropy)]
    return tf.stack([tf.reduce_max(size), *means])

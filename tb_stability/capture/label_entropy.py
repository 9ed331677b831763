"""What a cross-entropy cannot be below, since the labels are not certain."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tb_stability.capture.accumulators import StepAccumulator
from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.labels import labels_by_output
from tb_stability.capture.logits import find_logits, outputs_with_losses
from tb_stability.capture.outputs import loss_name
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.metadata import PER_STEP, Quantity, SeriesMetadata
from tb_stability.record import is_cross_entropy

LABEL_ENTROPY = Quantity(
    name="label_entropy",
    title="Entropy of the labels",
    description="Mean entropy of soft labels in nats: no cross-entropy with them is lower.",
    row_kind="output",
    view="lines",
)

_MEAN, _COUNT = PER_STEP.index("mean"), PER_STEP.index("count")


class LabelEntropy(Probe):
    """Sampled, of every output with a cross-entropy whose labels are of floating type.

    Of labels ``q`` over classes it is ``-sum(q log q)``, and of labels of their own, as of a
    sigmoid, the mean of ``-q log q - (1 - q) log(1 - q)``: the least that the cross-entropy with
    ``q`` can be (Gibbs' inequality). Pixels, ratings and what another model predicts are such
    labels. Those that name a class have an entropy of zero, and nothing is written of them. NaN
    where a label is no probability.
    """

    name = LABEL_ENTROPY.name

    def __init__(self) -> None:
        self._accumulators: dict[str, StepAccumulator] = {}

    def on_labels(self, context: StepContext, labels: Any, outputs: Any) -> None:
        if not is_first_replica():
            return
        losses = {name: loss for name, _, loss in outputs_with_losses(context.model, outputs)}
        given = labels_by_output(labels, list(losses))
        for output in find_logits(context.model, outputs):
            probabilities = given.get(output.name)
            if probabilities is None or not probabilities.dtype.is_floating:
                continue
            if not is_cross_entropy(loss_name(losses[output.name])):
                continue
            if not output.binary and probabilities.shape[-1:] != output.logits.shape[-1:]:
                continue  # class numbers, as floats
            if output.name not in self._accumulators:
                self._accumulators[output.name] = StepAccumulator(1, context.clock)
            measure = functools.partial(self._measure, output.name, output.binary)
            context.sample(self, measure, probabilities)

    def _measure(self, output: str, binary: bool, probabilities: tf.Tensor) -> None:
        self._accumulators[output].write(entropy(probabilities, binary)[tf.newaxis])

    def collect(self, steps: int) -> Iterator[Measurement]:
        several = len(self._accumulators) > 1
        for name, accumulator in self._accumulators.items():
            values = accumulator.statistics(steps)
            if values[0, _MEAN] != 0 and values[0, _COUNT] > 0:
                group = name if several else ""
                yield SeriesMetadata(LABEL_ENTROPY, (name,), group), values


def entropy(probabilities: tf.Tensor, binary: bool) -> tf.Tensor:
    """Returns the mean entropy of labels in nats, a float32 scalar.

    Args:
      probabilities: Float ``[..., classes]``, or of any shape where each is of its own.
      binary: Whether each is of its own.

    Example:

    >>> entropy(tf.constant([[0.5, 0.5], [0.0, 1.0]]), binary=False).numpy().round(3)
    np.float32(0.347)
    """
    values = tf.cast(probabilities, tf.float32)
    if binary:
        return tf.reduce_mean(_part(values) + _part(1 - values))
    return tf.reduce_mean(tf.reduce_sum(_part(values), axis=-1))


def _part(probability: tf.Tensor) -> tf.Tensor:
    # The logarithm of zero is -inf, and that of what is below it NaN, as it is meant to be.
    return -tf.math.multiply_no_nan(tf.math.log(probability), probability)

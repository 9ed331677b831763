"""How the classes share the labels that a model is trained on."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.logits import MOST_CLASSES, find_logits, outputs_with_losses
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.statistics import MOST_COUNT
from tb_stability.capture.unit_counts import UnitCounts
from tb_stability.metadata import VALUE, Quantity, SeriesMetadata

LABELS = Quantity(
    name="labels",
    title="Class shares",
    description="Share of each class among the labels of the measured batches.",
    row_kind="class",
    statistics=(*VALUE, "count"),
)


class Labels(Probe):
    """Sampled, of the outputs that have logits, up to `MOST_CLASSES` classes each.

    Labels may be class numbers, one-hot (soft ones count by their weights), or 0 and 1 for a
    single sigmoid, which makes the two rows 0 and 1. Where an output has several sigmoids, a row
    is the share of samples that have that label. What cannot be a share of one is none: the
    targets of a regression that ends in a sigmoid. Class numbers that no logit stands for, such as
    -1 for "ignore", are not counted. `count` is the number of labels, at most `MOST_COUNT`.
    """

    name = LABELS.name

    def __init__(self) -> None:
        self._counts = UnitCounts("sum")
        self._series: dict[str, SeriesMetadata] = {}

    def on_labels(self, context: StepContext, labels: Any, outputs: Any) -> None:
        if not is_first_replica():
            return
        found = find_logits(context.model, outputs)
        names = [name for name, _, _ in outputs_with_losses(context.model, outputs)]
        by_output = labels_by_output(labels, names)
        for output in found:
            given = by_output.get(output.name)
            classes = max(2, output.logits.shape[-1])
            if given is None or given.shape.rank is None or classes > MOST_CLASSES:
                continue
            if output.name not in self._series:
                group = output.name if len(found) > 1 else ""
                rows = tuple(str(number) for number in range(classes))
                self._series[output.name] = SeriesMetadata(LABELS, rows, group)
            self._counts.expect(output.name, classes, context.clock)
            measure = functools.partial(self._measure, output.name, output.logits.shape)
            context.sample(self, measure, given)

    def _measure(self, output: str, logits: tf.TensorShape, labels: tf.Tensor) -> None:
        counts, total = class_counts(labels, logits)
        self._counts.add(output, counts, total)

    def collect(self, steps: int) -> Iterator[Measurement]:
        # The rows of the counts are named when they are taken.
        taken = list(self._counts.take())
        for name, (counts, total) in zip(self._counts.rows, taken, strict=True):
            # The targets of a regression that ends in a sigmoid are no classes.
            are_shares = total and counts.min() >= 0 and counts.max() <= total
            shares = counts / total if are_shares else np.full_like(counts, np.nan)
            column = np.full_like(shares, min(total, MOST_COUNT) if are_shares else 0)
            yield self._series[name], np.stack([shares, column], axis=1).astype(np.float32)


def labels_by_output(labels: Any, names: Sequence[str]) -> dict[str, tf.Tensor]:
    """Returns the labels of each output, by its name; of those that have any.

    Args:
      labels: A tensor, or a dict, list or tuple of them, as `compute_loss` is given it.
      names: Names of the model's outputs, in their order.
    """
    if isinstance(labels, Mapping):
        found = {name: labels[name] for name in names if labels.get(name) is not None}
    else:
        flat = keras.tree.flatten(labels)
        found = dict(zip(names, flat, strict=True)) if len(flat) == len(names) else {}
    return {name: tf.convert_to_tensor(item) for name, item in found.items() if item is not None}


def class_counts(labels: tf.Tensor, logits: tf.TensorShape) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns how often each class occurs, float64 ``[classes]``, and the number of labels.

    Args:
      labels: Class numbers ``[...]`` or ``[..., 1]``, or weights ``[..., classes]``.
      logits: Shape of the logits, ``[..., classes]``; of one class, it stands for two.

    Example:

    >>> class_counts(tf.constant([0, 2, 2]), tf.TensorShape([3, 3]))[0].numpy().tolist()
    [1.0, 0.0, 2.0]
    """
    classes = int(logits[-1])
    if classes == 1:
        ones = tf.reshape(tf.cast(labels, tf.float64), [-1])
        total = tf.cast(tf.size(ones), tf.float64)
        positive = tf.reduce_sum(ones)
        return tf.stack([total - positive, positive]), total
    if labels.shape.rank == logits.rank and labels.shape[-1] != 1:
        weights = tf.reshape(tf.cast(labels, tf.float64), [-1, classes])
        return tf.reduce_sum(weights, axis=0), tf.cast(tf.shape(weights)[0], tf.float64)
    numbers = tf.reshape(tf.cast(labels, tf.int64), [-1])
    counts = tf.reduce_sum(tf.one_hot(numbers, classes, dtype=tf.float64), axis=0)
    return counts, tf.reduce_sum(counts)

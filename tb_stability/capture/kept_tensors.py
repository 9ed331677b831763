"""Tensors of a step that outlive it, without a copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf


class KeptTensors:
    """Holds references to the tensors of the last step.

    A variable of variant type holds an optional value of all of them: two operations, however many
    tensors there are, where outputs of the step would cost the host time by the tensor.
    """

    def __init__(self) -> None:
        with tf.init_scope():
            none = tf.raw_ops.OptionalNone()
            self._variable = tf.Variable(none, trainable=False, name="stability_kept")
        self._structures: list[Any] = []
        self._types: list[tf.DType] = []
        self._shapes: list[tf.TensorShape] = []

    def clear(self) -> None:
        """Lets go of the tensors, in graph: those of two steps may not find room together."""
        self._variable.assign(tf.raw_ops.OptionalNone())

    def keep(self, structures: Sequence[Any]) -> bool:
        """Keeps structures of tensors, in graph; what is kept may differ in shape between traces.

        Returns:
          Whether they are kept: not where their types differ from those of an earlier trace.
        """
        flat = [tf.convert_to_tensor(tensor) for tensor in tf.nest.flatten(list(structures))]
        types = [tensor.dtype for tensor in flat]
        if self._types and types != self._types:
            return False
        shapes = [tensor.shape for tensor in flat]
        before = self._shapes or shapes
        self._shapes = [
            one.most_specific_compatible_shape(other)
            for one, other in zip(shapes, before, strict=True)
        ]
        self._types, self._structures = types, list(structures)
        self._variable.assign(tf.raw_ops.OptionalFromValue(components=flat))
        return True

    def use(self, measure: Callable[[Sequence[Any]], None]) -> None:
        """Calls a function with the structures of the last step, if it kept any, in graph."""
        kept = self._variable.read_value()

        def given() -> tf.Tensor:
            flat = tf.raw_ops.OptionalGetValue(
                optional=kept, output_types=self._types, output_shapes=self._shapes
            )
            measure(tf.nest.pack_sequence_as(self._structures, flat))
            return tf.constant(0)

        tf.cond(tf.raw_ops.OptionalHasValue(optional=kept), given, lambda: tf.constant(0))

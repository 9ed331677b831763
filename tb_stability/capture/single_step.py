"""The train function of executions that have one step each."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf


def has_single_steps(model: Any) -> bool:
    """Tells whether a model trains step by step, in graphs, in one replica, and as Keras does."""
    return (
        model.steps_per_execution == 1
        and not model.run_eagerly
        and not tf.distribute.has_strategy()
        and model.distribute_strategy is tf.distribute.get_strategy()
        and _is_keras_own(model, "make_train_function")
        and _is_keras_own(model, "_make_function")
    )


class SingleStep:
    """Trains on the next batch of an iterator, as Keras' train function does, in less time.

    What Keras does for the sake of several steps is left out: it packs the outputs of a step in an
    optional value, which the host unpacks. And TensorFlow is not asked in each step which trace
    fits the iterator. On a CPU, both together take longer than to measure a step does.

    Args:
      train_step: The model's, which takes a batch.
      jit_compile: Whether XLA compiles it.
      otherwise: Called with iterators that are not TensorFlow's own.
    """

    def __init__(
        self,
        train_step: Callable[[Any], Any],
        jit_compile: bool,
        otherwise: Callable[[Any], Any],
    ) -> None:
        # In two functions, as Keras has it: XLA compiles the step, and not what feeds it.
        step = tf.function(
            train_step, jit_compile=jit_compile, reduce_retracing=True, autograph=False
        )
        # TensorFlow warns where the code of one function is traced again and again, and knows by
        # whom a partial function is traced: a model, of the many that a process may train.
        self._next = tf.function(
            functools.partial(_train_on_next, step), reduce_retracing=True, autograph=False
        )
        self._otherwise = otherwise
        # Held weakly: an epoch's iterator, and what it has prefetched, are to go when it ends.
        self._iterator: Callable[[], Any] = _nothing
        self._trace: Any = None

    def __call__(self, iterator: Any) -> Any:
        if iterator is self._iterator():
            return self._trace(iterator)
        if not isinstance(iterator, tf.data.Iterator):
            return self._otherwise(iterator)
        outputs = self._next(iterator)
        # Asked for after it has run: a first trace that creates variables is not the last.
        self._trace = self._next.get_concrete_function(iterator)
        self._iterator = weakref.ref(iterator)
        return outputs


def _train_on_next(step: Callable[[Any], Any], iterator: Any) -> Any:
    return step(_without_optionals(iterator.get_next()))


def _without_optionals(data: Any) -> Any:
    # Keras' data adapters stand in for None, which a dataset cannot hold.
    return keras.tree.map_structure(
        lambda part: None if isinstance(part, tf.experimental.Optional) else part, data
    )


def _is_keras_own(model: Any, name: str) -> bool:
    own = inspect.getattr_static(keras.Model, name, None)
    return name not in vars(model) and inspect.getattr_static(type(model), name, None) is own


def _nothing() -> None:
    return None

"""The same training as `fit`, written by hand: what the probes are compared with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

MSE = keras.losses.MeanSquaredError()


def norm(gradients: Sequence[Any]) -> float:
    """L2 norm of a layer's gradients in float64; NaN where there are none."""
    arrays = [
        tf.convert_to_tensor(gradient).numpy().astype(np.float64)
        for gradient in gradients
        if gradient is not None
    ]
    return float(np.sqrt(sum((array**2).sum() for array in arrays))) if arrays else np.nan


def in_order(*arrays: Any, size: int) -> list[tuple[Any, ...]]:
    """Cuts arrays, or structures of them, into batches."""
    count = len(tf.nest.flatten(arrays)[0])
    return [
        tf.nest.map_structure(lambda array: array[start : start + size], arrays)  # noqa: B023
        for start in range(0, count, size)
    ]


def train(
    model: Any,
    batches: Iterable[tuple[Any, ...]],
    layers: Mapping[str, Sequence[Any]],
    *,
    loss: Callable[..., Any] = MSE,
    scale: float = 1.0,
    way: Literal["eager", "graph", "jit"] = "eager",
    shares: int = 1,
) -> tuple[np.ndarray, np.ndarray]:
    """Trains in the order of the batches.

    Args:
      model: Compiled with an optimizer.
      batches: x, y and, where there are any, the weights of the samples.
      layers: Variables of each row.
      loss: Called with y, what the model makes of x, and the weights.
      scale: Factor of the loss in the backward pass, that a `LossScaleOptimizer` takes out again.
      way: How the step is run: float16 and random numbers differ between these.
      shares: Parts that a batch is dealt out in; then the loss is the mean of theirs.

    Returns:
      The losses ``[steps]`` and the norms ``[steps, layers]``.
    """
    variables = model.trainable_variables
    model.optimizer.build(variables)

    def step(batch: tuple[Any, ...]) -> tuple[tf.Tensor, list[Any]]:
        with tf.GradientTape() as tape:
            value = sum(
                loss(y, model(x, training=True), *weight) / shares
                for x, y, *weight in _dealt_out(batch, shares)
            )
            for extra in model.losses:
                value = value + tf.cast(extra, value.dtype)
            scaled = value * scale
        gradients = tape.gradient(scaled, variables)
        model.optimizer.apply(gradients, variables)
        return value, [None if g is None else tf.convert_to_tensor(g) for g in gradients]

    run = step if way == "eager" else tf.function(step, jit_compile=way == "jit")
    losses, norms = [], []
    for batch in batches:
        value, gradients = run(tf.nest.map_structure(tf.convert_to_tensor, batch))
        of_variable = {id(v): g for v, g in zip(variables, gradients, strict=True)}
        losses.append(float(value))
        norms.append(
            [norm([of_variable.get(id(v)) for v in own]) / scale for own in layers.values()]
        )
    return np.array(losses), np.array(norms)


def _dealt_out(batch: tuple[Any, ...], shares: int) -> list[tuple[Any, ...]]:
    size = tf.nest.flatten(batch)[0].shape[0]
    # The first ones get one sample more, where they do not all get as many.
    edges = [-(-size * share // shares) for share in range(shares + 1)]
    return [
        tf.nest.map_structure(lambda part: part[start:end], batch)  # noqa: B023
        for start, end in itertools.pairwise(edges)
    ]

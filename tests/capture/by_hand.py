"""The same training as `fit`, written by hand: what the probes are compared with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf


def norm(gradients: Sequence[Any]) -> float:
    """L2 norm of a layer's gradients in float64; NaN where there are none."""
    arrays = [
        tf.convert_to_tensor(gradient).numpy().astype(np.float64)
        for gradient in gradients
        if gradient is not None
    ]
    return float(np.sqrt(sum((array**2).sum() for array in arrays))) if arrays else np.nan


def train(
    model: Any,
    x: Any,
    y: np.ndarray,
    layers: dict[str, Sequence[Any]],
    *,
    batch_size: int,
    loss: Callable[[Any, Any], Any],
    scale: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Trains one epoch in order; returns the losses ``[steps]`` and the norms ``[steps, layers]``.

    Args:
      layers: Variables of each row.
      scale: Factor of the loss in the backward pass, that a `LossScaleOptimizer` takes out again.
    """
    losses, norms = [], []
    variables = model.trainable_variables
    for start in range(0, len(y), batch_size):
        part = slice(start, start + batch_size)
        inputs = tf.nest.map_structure(lambda array: tf.constant(array[part]), x)  # noqa: B023
        with tf.GradientTape() as tape:
            value = loss(y[part], model(inputs, training=True))
            for extra in model.losses:
                value = value + extra
            scaled = value * scale
        gradients = tape.gradient(scaled, variables)
        true = [
            None if gradient is None else tf.convert_to_tensor(gradient) / scale
            for gradient in gradients
        ]
        by_variable = {id(v): g for v, g in zip(variables, true, strict=True)}
        losses.append(float(value))
        norms.append([norm([by_variable[id(v)] for v in own]) for own in layers.values()])
        model.optimizer.apply_gradients(zip(gradients, variables, strict=True))
    return np.array(losses), np.array(norms)

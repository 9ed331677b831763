"""Which activation a layer's or operation's output is the output of."""

from __future__ import annotations

import dataclasses
from typing import Any

import keras
import tensorflow as tf

# Layers that apply their `activation` last, so that their output is its output.
_ACTIVATED = (
    keras.layers.Activation,
    keras.layers.Dense,
    keras.layers.EinsumDense,
    keras.layers.Conv1D,
    keras.layers.Conv2D,
    keras.layers.Conv3D,
    keras.layers.Conv1DTranspose,
    keras.layers.Conv2DTranspose,
    keras.layers.Conv3DTranspose,
    keras.layers.DepthwiseConv1D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv1D,
    keras.layers.SeparableConv2D,
)

_NAMES = ("relu", "relu6", "sigmoid", "tanh", "hard_sigmoid", "hard_tanh")


@dataclasses.dataclass(frozen=True)
class AppliedFunction:
    """Stands for the layer, where a layer's own `call` applies an activation as a function.

    Attributes:
      activation: Name of the function.
    """

    activation: str


def output_activation(operation: Any) -> str:
    """Returns ``"relu"``, ``"sigmoid"``, ``"tanh"`` and the like; ``""`` for any other.

    Args:
      operation: A layer, an operation of a functional model, or an `AppliedFunction`. A ReLU with
        a negative slope is none: its units do not die.

    Example:

    >>> output_activation(keras.layers.Dense(3, activation="tanh"))
    'tanh'
    """
    if isinstance(operation, AppliedFunction):
        return operation.activation
    if isinstance(operation, keras.layers.ReLU):
        return "" if operation.negative_slope else "relu"
    if isinstance(operation, _ACTIVATED):
        return _function_name(operation.activation)
    if isinstance(operation, keras.Layer):
        return ""
    if getattr(operation, "negative_slope", 0):
        return ""
    name = type(operation).__name__
    snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return _known(snake.lstrip("_"))


def last_activation(layer: Any) -> str:
    """Returns the name of the activation that a layer applies last; ``""`` where that is unknown.

    Unlike `output_activation`, this names any function, ``"linear"`` included.

    Example:

    >>> last_activation(keras.layers.Dense(3)), last_activation(keras.layers.LSTM(3))
    ('linear', '')
    """
    if isinstance(layer, keras.layers.TimeDistributed):
        return last_activation(layer.layer)
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    if not isinstance(layer, _ACTIVATED):
        return output_activation(layer)
    activation = layer.activation
    if isinstance(activation, keras.Layer):
        return last_activation(activation)
    return str(getattr(activation, "__name__", ""))


def _function_name(activation: Any) -> str:
    if isinstance(activation, keras.Layer):
        return output_activation(activation)
    module = getattr(activation, "__module__", "") or ""
    if module.split(".")[0] not in ("keras", "tensorflow"):
        return ""  # a user's own function may be called relu and leak
    return _known(getattr(activation, "__name__", ""))


def _known(name: str) -> str:
    return name if name in _NAMES else ""


def by_unit(operation: Any, outputs: tf.Tensor) -> tf.Tensor:
    """Returns outputs as ``[samples, units]``: units of the last axis, channels of images."""
    rank = outputs.shape.rank
    default = keras.config.image_data_format() if rank >= 4 else "channels_last"
    if getattr(operation, "data_format", default) == "channels_first":
        outputs = tf.transpose(outputs, [0, *range(2, rank), 1])
    return tf.reshape(outputs, [-1, outputs.shape[-1]])

"""What a model's outputs are, and what their losses take them for."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import keras
import tensorflow as tf

from tb_stability.capture.activations import last_activation
from tb_stability.capture.logits import outputs_with_losses
from tb_stability.record import OutputRecord


class OutputNotes:
    """Describes the outputs of the first step that computes a loss.

    Attributes:
      records: What was found; empty before that step.
    """

    def __init__(self) -> None:
        self.records: tuple[OutputRecord, ...] = ()
        # The tensors are kept for the step, so that no other one is given their `id`.
        self._made_by: dict[int, tuple[Any, Any]] = {}

    def on_call(self, layer: Any, outputs: Any) -> None:
        """Notes which layer made a tensor: the innermost, as that one returns it first."""
        if not self.records and tf.is_tensor(outputs):
            self._made_by.setdefault(id(outputs), (outputs, layer))

    def on_outputs(self, model: Any, outputs: Any) -> None:
        """Describes outputs of which a loss is about to be computed."""
        if not self.records:
            self.records = tuple(
                OutputRecord(name, self._activation(output), loss_name(loss), from_logits(loss))
                for name, output, loss in outputs_with_losses(model, outputs)
            )

    def end_step(self) -> None:
        """Forgets the tensors of the step."""
        self._made_by.clear()

    def _activation(self, output: Any) -> str:
        _, layer = self._made_by.get(id(output), (None, None))
        name = "" if layer is None else last_activation(layer)
        if name in ("softmax", "sigmoid"):
            return name
        # Keras marks what its softmax and sigmoid return, also where a user's function calls them.
        kind = "" if tf.executing_eagerly() else output.op.type
        if kind in ("Softmax", "Sigmoid"):
            return str(kind).lower()
        return "softmax" if kind and hasattr(output, "_keras_logits") else name


def loss_name(loss: Any) -> str:
    """Returns the name of a loss given as text, the name of a function, or else of the class.

    Example:

    >>> loss_name(keras.losses.MeanSquaredError())
    'MeanSquaredError'
    """
    if isinstance(loss, str):
        return loss
    if isinstance(loss, functools.partial):
        return loss_name(loss.func)
    return "" if loss is None else str(getattr(loss, "__name__", type(loss).__name__))


def from_logits(loss: Any) -> bool | None:
    """Returns whether a loss takes logits; None where it has no such setting.

    Example:

    >>> from_logits("sparse_categorical_crossentropy"), from_logits("mse")
    (False, None)
    """
    try:
        value = _from_logits(keras.losses.get(loss) if isinstance(loss, str) else loss)
    except Exception:  # a user's own loss need not have a configuration or a signature
        return None
    return value if isinstance(value, bool) else None


def _from_logits(loss: Any) -> Any:
    if hasattr(loss, "from_logits"):
        return loss.from_logits
    if isinstance(loss, keras.losses.Loss):
        return loss.get_config().get("from_logits")
    # A function, or a partial one, whose signature shows the settings that it was given.
    return inspect.signature(loss).parameters["from_logits"].default

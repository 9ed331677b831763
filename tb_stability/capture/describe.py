"""From a Keras model in training to the run record."""

from __future__ import annotations

import dataclasses
import platform
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tb_stability.capture.layers import LayerRow, layer_rows, walk_layers
from tb_stability.capture.optimizers import find_optimizers, innermost, learning_rate
from tb_stability.capture.outputs import loss_name
from tb_stability.onsets import Thresholds
from tb_stability.record import LayerRecord, OutputRecord, RunRecord
from tb_stability.version import __version__

_SCALING = (keras.layers.Normalization, keras.layers.Rescaling)


def describe_run(
    model: Any,
    params: Mapping[str, Any] | None,
    *,
    rows: tuple[LayerRow, ...] | None = None,
    first_step: int = 1,
    batch_size: int | None = None,
    outputs: tuple[OutputRecord, ...] = (),
    thresholds: Thresholds | None = None,
) -> RunRecord:
    """Returns the record of a run that begins.

    Args:
      model: A compiled model.
      params: What Keras tells its callbacks: ``epochs`` and ``steps``.
      rows: The model's layers in forward order, where that is known already.
      first_step: Number of the first step.
      batch_size: Samples in a step of the whole model, where that is known already.
      outputs: The model's outputs, where they were seen already.
      thresholds: Thresholds in force; None where nobody judges the run while it trains.
    """
    params = params or {}
    rows = layer_rows(model) if rows is None else rows
    optimizers = list(find_optimizers(model).values())
    return RunRecord(
        status="training",
        model=model.name,
        layers=tuple(_layer(row) for row in rows),
        outputs=outputs,
        scaling_layers=tuple(
            path for path, layer in walk_layers(model) if isinstance(layer, _SCALING)
        ),
        optimizer=_optimizer(optimizers[0]) if optimizers else {},
        learning_rate=_finite(learning_rate(optimizers[0])) if optimizers else None,
        loss=_loss(getattr(model, "loss", None)),
        batch_size=batch_size,
        steps_per_epoch=_plain(params.get("steps")),
        epochs=_plain(params.get("epochs")),
        first_step=first_step,
        dtype_policy=str(model.dtype_policy.name),
        versions=_versions(),
        thresholds=dataclasses.asdict(thresholds) if thresholds is not None else {},
    )


def _layer(row: LayerRow) -> LayerRecord:
    trainable = [variable for variable in row.variables if variable.trainable]
    activation = getattr(row.layer, "activation", None)
    return LayerRecord(
        name=row.name,
        class_name=type(row.layer).__name__,
        parameters=sum(int(np.prod(variable.shape)) for variable in trainable),
        activation=_name(activation) if activation is not None else "",
    )


def _optimizer(optimizer: Any) -> dict[str, Any]:
    optimizer = innermost(optimizer)
    try:
        config = optimizer.get_config()
    except Exception:  # a user's own optimizer need not have one
        config = {}
    return {"class_name": type(optimizer).__name__, **_plain(config)}


def _loss(loss: Any) -> str:
    if isinstance(loss, Mapping):
        return ", ".join(f"{name}: {_loss(item)}" for name, item in loss.items())
    if isinstance(loss, (list, tuple)):
        return ", ".join(_loss(item) for item in loss)
    return loss_name(loss)


def _name(thing: Any) -> str:
    if isinstance(thing, str):
        return thing
    return str(getattr(thing, "__name__", type(thing).__name__))


def _plain(value: Any) -> Any:
    # Keras configurations hold numpy scalars, which JSON does not.
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value.item() if isinstance(value, np.generic) else value


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _versions() -> dict[str, str]:
    return {
        "tb_stability": __version__,
        "keras": keras.version(),
        "tensorflow": tf.__version__,
        "python": platform.python_version(),
    }

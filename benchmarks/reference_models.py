"""The models whose training is timed, and data for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

L = keras.layers
CLASSES = 10
BATCH = 32


def tiny() -> Any:
    return keras.Sequential(
        [keras.Input((16,)), L.Dense(32, activation="relu"), L.Dense(CLASSES)], name="tiny_mlp"
    )


def mlp() -> Any:
    hidden = [L.Dense(512, activation="relu"), L.Dropout(0.2), L.Dense(512, activation="relu")]
    return keras.Sequential([keras.Input((784,)), *hidden, L.Dense(CLASSES)], name="mlp")


def cnn() -> Any:
    layers = [keras.Input((32, 32, 3))]
    for filters in (32, 64, 128):
        layers += [L.Conv2D(filters, 3, padding="same", use_bias=False), L.BatchNormalization()]
        layers += [L.ReLU(), L.MaxPooling2D()]
    return keras.Sequential([*layers, L.GlobalAveragePooling2D(), L.Dense(CLASSES)], name="cnn")


def lstm() -> Any:
    words = [keras.Input((50,), dtype="int64"), L.Embedding(5000, 64)]
    recurrent = [L.LSTM(64, return_sequences=True), L.LSTM(64)]
    return keras.Sequential([*words, *recurrent, L.Dense(CLASSES)], name="lstm")


def transformer() -> Any:
    words = keras.Input((50,), dtype="int64")
    x = L.Embedding(5000, 64)(words)
    for _ in range(2):
        x = L.LayerNormalization()(L.Add()([x, L.MultiHeadAttention(4, 16)(x, x)]))
        inner = L.Dense(64)(L.Dense(128, activation="relu")(x))
        x = L.LayerNormalization()(L.Add()([x, inner]))
    outputs = L.Dense(CLASSES)(L.GlobalAveragePooling1D()(x))
    return keras.Model(words, outputs, name="transformer")


MODELS: dict[str, Callable[[], Any]] = {
    build.__name__: build for build in (tiny, mlp, cnn, lstm, transformer)
}


def batches(model: Any) -> tuple[Any, Any]:
    """Returns inputs and labels of four batches."""
    rng = np.random.default_rng(0)
    shape = (4 * BATCH, *model.input_shape[1:])
    if model.inputs[0].dtype.startswith("int"):
        x = rng.integers(0, 5000, size=shape)
    else:
        x = rng.normal(size=shape).astype(np.float32)
    return x, rng.integers(0, CLASSES, size=len(x))

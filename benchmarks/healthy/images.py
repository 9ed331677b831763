"""Convolutional networks on small generated images."""

from __future__ import annotations

import keras
import numpy as np
from numpy.typing import NDArray

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, fit_classifier

L = keras.layers


def patterns(
    rng: np.random.Generator, samples: int = 700, noise: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Four patterns of 8 x 8 pixels, under noise."""
    labels = rng.integers(0, 4, samples)
    pictures = rng.normal(size=(4, 8, 8, 1))[labels]
    return (pictures + noise * rng.normal(size=pictures.shape)).astype(np.float32), labels


@healthy(at_least={"accuracy": 0.95, "val_accuracy": 0.6})
def residual_network(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts vanishing gradient and validation spikes: 9 layers with batch norm on little data."""
    x, y = patterns(begin(seed))
    inputs = keras.Input((8, 8, 1))
    flow = L.Conv2D(8, 3, padding="same")(inputs)
    for _ in range(4):
        inner = L.ReLU()(L.BatchNormalization()(flow))
        inner = L.Conv2D(8, 3, padding="same", use_bias=False)(inner)
        inner = L.ReLU()(L.BatchNormalization()(inner))
        flow = flow + L.Conv2D(8, 3, padding="same")(inner)
    model = keras.Model(inputs, L.Dense(4)(L.GlobalAveragePooling2D()(flow)))
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(3e-3), epochs=8)


@healthy(at_least={"val_accuracy": 0.85})
def convolution_and_dropout(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts dead units: ReLU, pooling and dropout leave most elements zero, and no unit dead."""
    x, y = patterns(begin(seed))
    model = keras.Sequential(
        [
            L.Conv2D(16, 3, activation="relu", name="convolution_1"),
            L.Conv2D(16, 3, activation="relu", name="convolution_2"),
            L.MaxPooling2D(),
            L.Flatten(),
            L.Dropout(0.5),
            L.Dense(32, activation="relu", name="dense"),
            L.Dense(4, name="head"),
        ]
    )
    return fit_classifier(model, x, y, callbacks, epochs=12)


@healthy(at_least={"val_accuracy": 0.85})
def raw_pixels(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts unscaled input and saturation: inputs from 0 to 255, met by batch norm."""
    x, y = patterns(begin(seed), noise=0.7)
    x = np.clip(128 + 40 * x, 0, 255)
    model = keras.Sequential(
        [L.Flatten(), L.BatchNormalization(), L.Dense(32, activation="sigmoid"), L.Dense(4)]
    )
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-2), epochs=10)


RUNS = (residual_network, convolution_and_dropout, raw_pixels)

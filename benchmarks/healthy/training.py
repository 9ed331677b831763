"""Generated data, small models and the call of `fit` that the healthy runs share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

Callbacks = Sequence[keras.callbacks.Callback]

VALIDATION_SHARE = 0.2


def begin(seed: int) -> np.random.Generator:
    """Seeds Keras, and returns what draws the data."""
    keras.utils.set_random_seed(seed)
    return np.random.default_rng(seed)


def clusters(
    rng: np.random.Generator,
    samples: int = 1200,
    classes: int = 3,
    noise: float = 1.0,
    features: int = 20,
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Samples about one centre per class: the less noise, the easier to tell apart."""
    centres = 1.2 * rng.normal(size=(classes, features))
    labels = rng.integers(0, classes, samples)
    values = centres[labels] + noise * rng.normal(size=(samples, features))
    return values.astype(np.float32), labels


def mlp(outputs: int, units: int = 32, activation: str = "relu") -> Any:
    """Two hidden layers and a linear output."""
    return keras.Sequential(
        [
            keras.layers.Dense(units, activation=activation, name="hidden_1"),
            keras.layers.Dense(units, activation=activation, name="hidden_2"),
            keras.layers.Dense(outputs, name="head"),
        ]
    )


def cross_entropy() -> Any:
    """The loss of classes given as numbers, from logits."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def fit_classifier(
    model: Any, x: Any, y: Any, callbacks: Callbacks, optimizer: Any = "adam", **options: Any
) -> keras.callbacks.History:
    """Trains a model that gives one logit per class."""
    return fit(model, x, y, callbacks, optimizer, cross_entropy(), ["accuracy"], **options)


def fit(
    model: Any,
    x: Any,
    y: Any,
    callbacks: Callbacks,
    optimizer: Any = "adam",
    loss: Any = "mse",
    metrics: Sequence[Any] = (),
    **options: Any,
) -> keras.callbacks.History:
    """Compiles and fits, without XLA: compiling would take longer than training does."""
    model.compile(optimizer, loss, metrics=list(metrics), jit_compile=False)
    options.setdefault("batch_size", 32)
    options.setdefault("validation_split", VALIDATION_SHARE)
    return model.fit(x, y, callbacks=list(callbacks), verbose=0, **options)

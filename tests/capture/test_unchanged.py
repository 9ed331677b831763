"""Training of a model with much in it is the same with and without the callback."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.line import check_same

RNG = np.random.default_rng(1)
X = RNG.normal(size=(40, 6, 4)).astype(np.float32)
Y = RNG.integers(0, 3, size=40)


def build(recurrent):
    keras.utils.set_random_seed(5)
    lstm = [keras.layers.LSTM(5, return_sequences=True)] if recurrent else []
    return keras.Sequential(
        [
            keras.Input((6, 4)),
            keras.layers.Conv1D(6, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            *lstm,
            keras.layers.LayerNormalization(),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(7, activation="tanh", kernel_regularizer="l2"),
            keras.layers.Dense(7, activation="sigmoid"),
            keras.layers.Dense(6),
            keras.layers.ReLU(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def trained(*callbacks, recurrent=True, optimizer="adam", policy="float32", **options):
    """Returns a model and its history; the data are shuffled."""
    keras.config.set_dtype_policy(policy)
    try:
        model = build(recurrent)
        model.compile(
            keras.optimizers.get(optimizer),
            keras.losses.SparseCategoricalCrossentropy(),
            metrics=["accuracy"],
            **options,
        )
        history = model.fit(
            X, Y, epochs=2, batch_size=8, validation_split=0.2, verbose=0, callbacks=list(callbacks)
        )
        return model, history
    finally:
        keras.config.set_dtype_policy("float32")


SMALL: dict[str, Any] = {"recurrent": False}
WAYS: dict[str, dict[str, Any]] = {
    "graph": {},
    "graph-sgd": {"optimizer": "sgd"},
    "jit": {"jit_compile": True},
    "jit-sgd": {**SMALL, "jit_compile": True, "optimizer": "sgd"},
    "eager": {"run_eagerly": True, "optimizer": "sgd"},
    "executions": {**SMALL, "steps_per_execution": 2},
    "mixed": {"policy": "mixed_float16"},
    "mixed-jit": {**SMALL, "policy": "mixed_float16", "jit_compile": True},
}


@pytest.mark.parametrize("way", WAYS)
def test_weights_and_logs_are_identical_to_the_last_bit(tmp_path, way):
    model, history = trained(**WAYS[way])
    for every in (25, 1):
        callback = StabilityCallback(tmp_path / str(every), window_steps=3, sample_every=every)
        observed, found = trained(callback, **WAYS[way])
        check_same(observed, model)
        assert found.history == history.history
        assert found.params == history.params

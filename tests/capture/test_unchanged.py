"""Training is the same with and without the callback, and the model is left as it was."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback

RNG = np.random.default_rng(1)
X = RNG.normal(size=(40, 6, 4)).astype(np.float32)
Y = RNG.integers(0, 3, size=40)


def build(recurrent=True):
    keras.utils.set_random_seed(5)
    lstm = [keras.layers.LSTM(5, return_sequences=True)] if recurrent else []
    return keras.Sequential(
        [
            keras.Input((6, 4)),
            keras.layers.Conv1D(6, 3, activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.3),
            *lstm,
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(7, activation="tanh"),
            keras.layers.Dense(7, activation="sigmoid"),
            keras.layers.Dense(6),
            keras.layers.ReLU(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )


def compiled(recurrent=True, clipnorm=None, **options):
    model = build(recurrent)
    model.compile(
        keras.optimizers.Adam(0.01, clipnorm=clipnorm),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
        **options,
    )
    return model


def train(model, callbacks, **options):
    options = {"epochs": 2, "batch_size": 8, "validation_split": 0.2, "verbose": 0} | options
    return model.fit(X, Y, callbacks=callbacks, **options)


def hooked(model):
    """Names of the attributes of a model's parts that are there by our doing."""
    wrapped = {"compute_loss", "train_step", "test_step", "call", "apply", "make_train_function"}
    parts = [model, model.optimizer, *model._flatten_layers()]
    return [(part, name) for part in parts for name in wrapped & vars(part).keys()]


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({"clipnorm": 0.5}, "float32"),
        ({"jit_compile": True}, "float32"),
        ({"jit_compile": True, "recurrent": False, "clipnorm": 0.5}, "float32"),
        ({"run_eagerly": True}, "float32"),
        ({"steps_per_execution": 2}, "float32"),
        ({}, "mixed_float16"),
        ({"jit_compile": True, "recurrent": False}, "mixed_float16"),
    ],
    ids=["graph", "jit", "jit-clip", "eager", "executions", "mixed", "mixed-jit"],
)
@pytest.mark.parametrize("sampled", [{}, {"sample_every": 1}], ids=["sampled", "every"])
def test_weights_and_logs_are_identical_to_the_last_bit(tmp_path, options, policy, sampled):
    keras.config.set_dtype_policy(policy)
    try:
        plain, observed = compiled(**options), None
        history = train(plain, [])
        observed = compiled(**options)
        observed_history = train(observed, [StabilityCallback(tmp_path, window_steps=3, **sampled)])
    finally:
        keras.config.set_dtype_policy("float32")
    for expected, found in zip(plain.weights, observed.weights, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
    for expected, found in zip(
        plain.optimizer.variables, observed.optimizer.variables, strict=True
    ):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
    assert observed_history.history == history.history
    assert observed_history.params == history.params


class Inspect(keras.callbacks.Callback):
    """Runs an action in the middle of training."""

    def __init__(self, action):
        super().__init__()
        self.action = action
        self.result = None

    def on_train_batch_end(self, batch, logs=None):
        if self.result is None:
            self.result = self.action(self.model)


def test_nothing_is_left_on_the_model(tmp_path):
    model = compiled()
    before = set(vars(model)) | {"history"}
    during = Inspect(lambda model: (hooked(model), len(model.variables)))
    train(model, [StabilityCallback(tmp_path), during])
    assert during.result == ([], len(model.variables))
    assert hooked(model) == []
    assert set(vars(model)) - before <= {"stop_evaluating"}  # Keras' own
    assert "stability" not in " ".join(variable.path for variable in model.variables)


def test_the_models_own_train_function_is_put_back(tmp_path):
    model = compiled()
    train(model, [])
    own = model.train_function
    during = Inspect(lambda model: model.train_function)
    train(model, [StabilityCallback(tmp_path), during])
    assert during.result is not own
    assert model.train_function is own


@pytest.mark.parametrize(
    "action",
    [
        keras.models.clone_model,
        copy.copy,
        copy.deepcopy,
        lambda model: pickle.loads(pickle.dumps(model)),
    ],
    ids=["clone", "copy", "deepcopy", "pickle"],
)
def test_an_observed_model_can_be_copied(tmp_path, action):
    model = compiled()
    during = Inspect(action)
    train(model, [StabilityCallback(tmp_path / "run"), during])
    assert hooked(during.result) == []
    copied: Any = during.result
    copied.compile("sgd", "sparse_categorical_crossentropy")
    train(copied, [StabilityCallback(tmp_path / "copied")])


def test_an_observed_model_can_be_saved_in_every_form(tmp_path):
    model = compiled()
    whole = keras.callbacks.ModelCheckpoint(tmp_path / "model.keras", save_freq=1)
    weights = keras.callbacks.ModelCheckpoint(tmp_path / "model.weights.h5", save_weights_only=True)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    exported = Inspect(lambda model: model.export(tmp_path / "saved", verbose=False) or True)
    train(model, [StabilityCallback(tmp_path / "run"), whole, weights, backup, exported])
    plain = compiled()
    train(plain, [])
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for expected, found in zip(plain.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())
    assert len(loaded.optimizer.variables) == len(plain.optimizer.variables)


def test_next_to_keras_own_tensorboard_callback_in_one_directory(tmp_path):
    model = compiled()
    train(model, [StabilityCallback(tmp_path), keras.callbacks.TensorBoard(tmp_path)])
    assert [path.suffix for path in tmp_path.glob("events*")] == [".stability"]
    assert list((tmp_path / "train").glob("events*"))

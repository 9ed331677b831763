"""Loops written by hand: every quantity is the same as in `fit` with equal data."""

from __future__ import annotations

import contextlib
import copy
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback, StabilityMonitor
from tests.capture.recorded import read_records, read_series

RNG = np.random.default_rng(14)
SIZE, BATCH, STEPS = 160, 40, 5
X = RNG.normal(size=(SIZE, STEPS, 3)).astype(np.float32)
Y = RNG.integers(0, 3, size=SIZE)
L = keras.layers
OPTIONS: dict[str, Any] = {"window_steps": 3, "sample_every": 2}
QUANTITIES = {
    "cell_state", "class_logits", "clipped_fraction", "dead_relu", "gate_saturation",
    "gradient_norm", "hidden_state", "inputs", "labels", "learning_rate", "logits", "loss",
    "saturation", "time_gradient", "update_ratio", "weight_norm", "windows",
}  # fmt: skip


def build(recurrent=True):
    keras.utils.set_random_seed(7)
    layers = [L.Flatten()]
    if recurrent:
        layers = [L.LSTM(4, return_sequences=True, name="lstm"), L.GRU(3, name="gru")]
    return keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            L.Dense(6, "relu", name="relu"),
            L.Dropout(0.2, seed=1),
            *layers,
            L.Dense(4, "tanh", name="tanh"),
            L.Dense(3, name="head"),
        ]
    )


def loss_of():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def optimizer():
    return keras.optimizers.Adam(0.01, clipnorm=0.5)


def fit(model, log_dir, **options):
    model.compile(optimizer(), loss_of(), **options)
    callbacks = [StabilityCallback(log_dir, **OPTIONS)]
    model.fit(X, Y, batch_size=BATCH, epochs=2, shuffle=False, verbose=0, callbacks=callbacks)


def by_hand(model, log_dir, way):
    loss, adam = loss_of(), optimizer()
    log_dir = log_dir and str(log_dir)
    monitor = log_dir and StabilityMonitor(log_dir, model, adam, loss=loss, **OPTIONS)

    def train_step(x, y):
        with tf.GradientTape() as tape:
            logits = model(x, training=True)
            value = loss(y, logits)
        gradients = tape.gradient(value, model.trainable_variables)
        if monitor:
            monitor.record(loss=value, gradients=gradients, inputs=x, outputs=logits, labels=y)
        adam.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

    step = train_step if way == "eager" else tf.function(train_step, jit_compile=way == "jit")
    with monitor or contextlib.nullcontext():
        for _ in range(2):
            for start in range(0, SIZE, BATCH):
                batch = [tf.constant(array[start : start + BATCH]) for array in (X, Y)]
                with monitor.step() if monitor else contextlib.nullcontext():
                    step(*batch)
                # What would be validation is not measured.
                model(-100 * batch[0])
            if monitor:
                monitor.end_epoch()


def same(found, expected):
    assert found.keys() == expected.keys()
    for tag, series in expected.items():
        assert (found[tag].rows, found[tag].steps) == (series.rows, series.steps), tag
        np.testing.assert_allclose(
            found[tag].values, series.values, rtol=2e-4, atol=1e-6, err_msg=tag
        )


@pytest.mark.parametrize("way", ["eager", "function", "jit"])
def test_a_loop_by_hand_and_fit_write_equal_series(tmp_path, way):
    options = {"run_eagerly": way == "eager", "jit_compile": way == "jit"}
    fit(build(recurrent=way != "jit"), tmp_path / "fit", **options)
    model = build(recurrent=way != "jit")
    by_hand(model, tmp_path / "hand", way)
    expected = read_series(tmp_path / "fit")
    expected = {tag: one for tag, one in expected.items() if "epoch_logs" not in tag}
    same(read_series(tmp_path / "hand"), expected)
    if way != "jit":
        assert {tag.split("/")[1] for tag in expected} == QUANTITIES
    records = [read_records(tmp_path / name)[-1] for name in ("fit", "hand")]
    assert records[0].outputs == records[1].outputs
    assert records[0].batch_size == records[1].batch_size == BATCH
    wrapped = [name for layer in model._flatten_layers() for name in vars(layer) if name == "call"]
    assert not wrapped


@pytest.mark.parametrize("way", ["eager", "function", "jit"])
def test_training_is_the_same_to_the_last_bit(tmp_path, way):
    plain, observed = build(recurrent=way != "jit"), build(recurrent=way != "jit")
    by_hand(plain, None, way)
    by_hand(observed, tmp_path, way)
    for expected, found in zip(plain.weights, observed.weights, strict=True):
        np.testing.assert_array_equal(found.numpy(), expected.numpy())


def test_layers_in_a_function_of_their_own_are_not_seen_and_do_no_harm(tmp_path):
    model, adam = build(), optimizer()
    monitor = StabilityMonitor(tmp_path, model, adam, loss=loss_of(), window_steps=2)
    forward = tf.function(lambda x: model(x))
    with monitor:
        for _ in range(2):
            with monitor.step():
                with tf.GradientTape() as tape:
                    logits = forward(X[:BATCH])
                    loss = loss_of()(Y[:BATCH], logits)
                gradients = tape.gradient(loss, model.trainable_variables)
                monitor.record(loss=loss, gradients=gradients, outputs=logits)
            forward(X)
    series = read_series(tmp_path)
    assert series["stability/dead_relu"].statistic("count").tolist() == [[0.0]]
    assert series["stability/gradient_norm"].statistic("count").tolist() == [[2.0] * 5]
    assert series["stability/logits/spread"].statistic("count").tolist() == [[1.0]]


def test_named_quantities_only(tmp_path):
    model = build(recurrent=False)
    with StabilityMonitor(tmp_path, model, quantities=["dead_relu"]) as monitor, monitor.step():
        monitor.record(outputs=model(X))
    assert set(read_series(tmp_path)) == {"stability/windows", "stability/dead_relu"}
    with pytest.raises(ValueError, match="unknown quantities: 'dead'"):
        StabilityMonitor(tmp_path / "other", model, quantities=["dead"])
    with pytest.raises(ValueError, match="sample_every must be a positive"):
        StabilityMonitor(tmp_path / "other", model, sample_every=0)


def test_labels_need_outputs(tmp_path):
    with StabilityMonitor(tmp_path, build()) as monitor, monitor.step():
        with pytest.raises(ValueError, match="given labels and no outputs: give both"):
            monitor.record(labels=Y)
        monitor.record(loss=1.0)


def test_a_model_can_be_copied_between_steps(tmp_path):
    model = build(recurrent=False)
    with StabilityMonitor(tmp_path, model) as monitor:
        with monitor.step():
            monitor.record(outputs=model(X))
        copied = copy.deepcopy(model)
    np.testing.assert_array_equal(copied(X), model(X))

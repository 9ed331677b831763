"""Loops written by hand: the monitor against norms computed by hand, and the unobserved loop."""

from __future__ import annotations

import contextlib
import gc
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityMonitor
from tb_stability.onsets import Onset
from tests.capture import by_hand
from tests.capture.recorded import read_records, read_series

RNG = np.random.default_rng(9)
SIZE, BATCH, STEPS = 24, 4, 6
X = RNG.integers(0, 7, size=(SIZE, 5))
Y = RNG.normal(size=(SIZE, 1)).astype(np.float32)
ROWS = ("embedding", "hidden", "head")
WAYS = ["eager", "function", "jit"]


def build():
    keras.utils.set_random_seed(7)
    model = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            keras.layers.Embedding(7, 3, name="embedding"),
            keras.layers.Flatten(),
            keras.layers.Dense(4, "tanh", name="hidden"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, name="head"),
        ]
    )
    return model, keras.optimizers.Adam(0.05, clipnorm=1.0)


def make_step(model, optimizer, monitor, way):
    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        if monitor is not None:
            monitor.record(loss=loss, gradients=gradients)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss, [
            tf.convert_to_tensor(g) if isinstance(g, tf.IndexedSlices) else g for g in gradients
        ]

    return train_step if way == "eager" else tf.function(train_step, jit_compile=way == "jit")


def weights(model):
    layers = [model.get_layer(name) for name in ROWS]
    return [np.concatenate([v.numpy().ravel() for v in layer.weights]) for layer in layers]


def train(model, optimizer, monitor, way, epochs=2):
    """Returns losses and gradient norms of each step, and the weights before and after each."""
    step = make_step(model, optimizer, monitor, way)
    losses, norms, taken = [], [], [weights(model)]
    for _ in range(epochs):
        for start in range(0, SIZE, BATCH):
            batch = tf.constant(X[start : start + BATCH]), tf.constant(Y[start : start + BATCH])
            with monitor.step() if monitor is not None else contextlib.nullcontext():
                loss, gradients = step(*batch)
            losses.append(float(loss))
            parts = [gradients[:1], gradients[1:3], gradients[3:]]
            norms.append([by_hand.norm(part) for part in parts])
            taken.append(weights(model))
        if monitor is not None:
            monitor.end_epoch({"loss": np.mean(losses[-STEPS:])})
    return losses, norms, taken


@pytest.mark.parametrize("way", WAYS)
def test_what_is_recorded_is_what_a_computation_by_hand_gives(tmp_path, way):
    model, optimizer = build()
    with StabilityMonitor(tmp_path, model, optimizer, window_steps=1) as monitor:
        losses, norms, taken = train(model, optimizer, monitor, way)
    series = read_series(tmp_path)
    assert series["stability/windows"].steps == list(range(1, 13))
    np.testing.assert_allclose(series["stability/loss"].of_row("loss"), losses, rtol=1e-6)
    gradient = series["stability/gradient_norm"]
    assert gradient.rows == ROWS
    np.testing.assert_allclose(gradient.statistic("last"), norms, rtol=1e-5)
    expected = [[np.linalg.norm(row) for row in rows] for rows in taken[1:]]
    found = series["stability/weight_norm"].statistic("value")
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    ratios = series["stability/update_ratio"]
    assert ratios.steps == list(range(2, 13))  # the first step builds the rows
    expected = [
        [
            np.linalg.norm(new.astype(float) - old) / np.linalg.norm(old)
            for old, new in zip(before, after, strict=True)
        ]
        for before, after in itertools.pairwise(taken[1:])
    ]
    np.testing.assert_allclose(ratios.statistic("value"), expected, rtol=1e-4)
    rates = series["stability/learning_rate"]
    assert rates.rows == ("adam",)
    np.testing.assert_allclose(rates.statistic("value"), 0.05)


@pytest.mark.parametrize("way", WAYS)
def test_training_is_the_same_to_the_last_bit(tmp_path, way):
    plain, observed = build(), build()
    losses, *_ = train(plain[0], plain[1], None, way)
    with StabilityMonitor(tmp_path, observed[0], observed[1], window_steps=2) as monitor:
        assert train(observed[0], observed[1], monitor, way)[0] == losses
    for one, other in zip(plain, observed, strict=True):
        for expected, found in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(found.numpy(), expected.numpy())


def test_windows_epochs_and_the_run_record(tmp_path):
    model, optimizer = build()
    with StabilityMonitor(tmp_path, model, optimizer, window_steps=4, initial_epoch=3) as monitor:
        losses, *_ = train(model, optimizer, monitor, "function")
    series = read_series(tmp_path)
    windows = series["stability/windows"]
    assert windows.steps == [4, 6, 10, 12]
    assert np.stack(windows.values)[:, 0, :2].tolist() == [[3, 4], [3, 2], [4, 4], [4, 2]]
    logs = series["stability/epoch_logs/loss"]
    assert logs.steps == [6, 12]
    np.testing.assert_allclose(
        logs.statistic("value")[:, 0], [np.mean(losses[:6]), np.mean(losses[6:])], rtol=1e-6
    )
    maxima = series["stability/loss"].of_row("loss", "max")
    np.testing.assert_allclose(maxima[:2], [max(losses[:4]), max(losses[4:6])], rtol=1e-6)
    record = read_records(tmp_path)[-1]
    assert (record.status, record.optimizer["class_name"]) == ("finished", "Adam")
    assert [layer.name for layer in record.layers] == list(ROWS)
    assert record.thresholds


def test_steps_go_on_from_those_of_the_optimizer(tmp_path):
    model, optimizer = build()
    train(model, optimizer, None, "function", epochs=1)
    with StabilityMonitor(tmp_path, model, optimizer) as monitor:
        train(model, optimizer, monitor, "function", epochs=1)
    assert read_series(tmp_path)["stability/windows"].steps == [12]
    assert read_records(tmp_path)[-1].first_step == 7


@pytest.mark.parametrize("way", ["eager", "function"])
def test_scaled_gradients_are_measured_unscaled(tmp_path, way):
    model, inner = build()
    optimizer = keras.optimizers.LossScaleOptimizer(inner, initial_scale=64.0)
    optimizer.build(model.trainable_variables)
    monitor = StabilityMonitor(tmp_path, model, optimizer)

    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x) - y) ** 2)
            scaled = optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled, model.trainable_variables)
        monitor.record(loss=loss, gradients=gradients)
        return gradients

    step = train_step if way == "eager" else tf.function(train_step)
    with monitor, monitor.step():
        gradients = step(tf.constant(X), tf.constant(Y))
    parts = [gradients[:1], gradients[1:3], gradients[3:]]
    found = read_series(tmp_path)["stability/gradient_norm"].statistic("last")[0]
    np.testing.assert_allclose(found, [by_hand.norm(part) / 64 for part in parts], rtol=1e-5)


def test_a_step_without_a_record_is_missing_and_one_that_raises_is_not_counted(tmp_path):
    model, optimizer = build()
    with StabilityMonitor(tmp_path, model, optimizer, window_steps=5) as monitor:
        with monitor.step():
            monitor.record(loss=1.0)
        with monitor.step():
            pass
        with contextlib.suppress(ArithmeticError), monitor.step():
            raise ArithmeticError
        with monitor.step():
            monitor.record(loss=tf.constant([1.0, 2.0]))
    series = read_series(tmp_path)
    assert series["stability/windows"].steps == [3]
    loss = series["stability/loss"]
    assert loss.of_row("loss", "count").tolist() == [2]
    assert loss.of_row("loss", "max").tolist() == [3]


def test_onsets_are_told_and_stop(tmp_path):
    model, optimizer = build()
    told: list[Onset] = []
    monitor = StabilityMonitor(
        tmp_path, model, optimizer, window_steps=2, on_onset=told.append, stop_on="nonfinite_loss"
    )
    stop = []
    for value in (1.0, 1.0, 1.0, np.nan):
        with monitor.step():
            monitor.record(loss=value)
        stop.append(monitor.should_stop)
    assert stop == [False, False, False, True]
    assert [(item.kind, item.step) for item in told] == [("nonfinite_loss", 4)]


@pytest.mark.parametrize("how", ["raised", "forgotten"])
def test_a_loop_that_is_left_is_an_interrupted_run(tmp_path, how):
    monitor = StabilityMonitor(tmp_path, *build())
    with contextlib.suppress(KeyboardInterrupt):
        if how == "raised":
            with monitor:
                with monitor.step():
                    monitor.record(loss=1.0)
                raise KeyboardInterrupt
        with monitor.step():
            monitor.record(loss=1.0)
    del monitor
    gc.collect()
    assert read_records(tmp_path)[-1].status == "interrupted"
    assert read_series(tmp_path)["stability/loss"].steps == [1]


def test_bad_use_is_refused(tmp_path):
    model, optimizer = build()
    with pytest.raises(TypeError, match=r"model must be a keras.Model, not 'line'"):
        StabilityMonitor(tmp_path, "line")
    with pytest.raises(TypeError, match=r"one of keras.optimizers, or None, not 'adam'"):
        StabilityMonitor(tmp_path, model, "adam")
    with pytest.raises(ValueError, match="window_steps must be a positive"):
        StabilityMonitor(tmp_path, model, optimizer, window_steps=0)
    monitor = StabilityMonitor(tmp_path, model, optimizer)
    with pytest.raises(RuntimeError, match="outside of a step"):
        monitor.record(loss=1.0)
    with monitor.step():
        with pytest.raises(ValueError, match="1 gradients of 5 variables"):
            monitor.record(gradients=[None])
        with pytest.raises(RuntimeError, match="in a step already"), monitor.step():
            pass
    monitor.close()
    monitor.close()
    with pytest.raises(RuntimeError, match="is closed"), monitor.step():
        pass
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    with StabilityMonitor(tmp_path, model, scaled) as monitor, monitor.step():  # noqa: SIM117
        with pytest.raises(ValueError, match="that is built"):
            monitor.record(gradients=5 * [None])

"""Dead units of ReLUs that are functions in a layer's own `call`, against numpy."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback, StabilityMonitor
from tests.capture.line import check_same
from tests.capture.own_layers import BATCH, UNITS, Block, X, Y, check, net
from tests.capture.recorded import read_series

DEAD = "stability/dead_relu"


def fit(model, log_dir, *callbacks, rate=0.0, window_steps=2, sample_every=1, **options):
    # With a learning rate of zero, the weights are those of before.
    model.compile(keras.optimizers.SGD(rate), "mse", **options)
    model.fit(
        X, Y, batch_size=BATCH, shuffle=False, verbose=0, validation_data=(-X, Y),
        callbacks=[
            StabilityCallback(log_dir, window_steps=window_steps, sample_every=sample_every),
            *callbacks,
        ],
    )  # fmt: skip


def train(model, log_dir, *callbacks, **options):
    fit(model, log_dir, *callbacks, **options)
    return read_series(log_dir)[DEAD]


WAYS: dict[str, Any] = {
    "graph": {},
    "jit": {"jit_compile": True},
    "eager": {"run_eagerly": True},
    "executions": {"steps_per_execution": 2},
}


@pytest.mark.parametrize("way", WAYS)
def test_every_function_has_a_row_of_its_own(tmp_path, way):
    model = net()
    check(train(model, tmp_path, **WAYS[way]), model, [X[: 2 * BATCH], X[2 * BATCH :]])


@pytest.mark.parametrize("way", ["graph", "jit", "eager"])
def test_one_step_in_n_is_measured(tmp_path, way):
    model = net()
    dead = train(model, tmp_path, window_steps=4, sample_every=3, **WAYS[way])
    check(dead, model, [np.concatenate([X[:BATCH], X[3 * BATCH :]])])


def test_in_mixed_precision(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = net()
        dead = train(model, tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")
    check(dead, model, [X[: 2 * BATCH], X[2 * BATCH :]])


class Predicts(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        self.model(100 * X)
        self.model.predict(100 * X, verbose=0)


def test_what_runs_outside_of_steps_is_not_counted(tmp_path):
    model = net()
    dead = train(model, tmp_path, Predicts())
    check(dead, model, [X[: 2 * BATCH], X[2 * BATCH :]])


def test_a_block_in_a_functional_model_is_named_by_its_path(tmp_path):
    inner = keras.Sequential([Block("one"), Block("two")], name="inner")
    model = keras.Sequential([keras.Input((UNITS,)), inner, Block("three"), keras.layers.Dense(1)])
    dead = train(model, tmp_path)
    blocks = ("inner/one", "inner/two", "three")
    assert dead.rows == tuple(f"{block}/{name}" for block in blocks for name in ("relu", "relu_1"))
    assert (dead.statistic("count") == 2 * BATCH).all()


@pytest.mark.parametrize("way", ["eager", "function", "jit"])
def test_in_a_loop_by_hand(tmp_path, way):
    model = net()
    optimizer = keras.optimizers.SGD(0.0)
    monitor = StabilityMonitor(tmp_path, model, optimizer, window_steps=2, sample_every=1)

    def train_step(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        monitor.record(loss=loss, gradients=gradients)
        optimizer.apply(gradients, model.trainable_variables)

    step = train_step if way == "eager" else tf.function(train_step, jit_compile=way == "jit")
    with monitor:
        for start in range(0, len(X), BATCH):
            with monitor.step():
                step(tf.constant(X[start : start + BATCH]), tf.constant(Y[start : start + BATCH]))
            model(100 * X)
    check(read_series(tmp_path)[DEAD], model, [X[: 2 * BATCH], X[2 * BATCH :]])


MIRRORED = """
    import sys
    import tensorflow as tf
    cpus = tf.config.list_physical_devices("CPU")
    two = 2 * [tf.config.LogicalDeviceConfiguration()]
    tf.config.set_logical_device_configuration(cpus[0], two)
    from tests.capture.own_layers import net
    from tests.capture.test_function_calls import train
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = net()
        train(model, sys.argv[1])
"""


def test_of_two_replicas_the_first_ones_samples_are_looked_at(tmp_path, pytestconfig):
    program = [sys.executable, "-c", textwrap.dedent(MIRRORED), str(tmp_path)]
    subprocess.run(program, check=True, cwd=pytestconfig.rootpath, capture_output=True, timeout=300)
    half = BATCH // 2
    firsts = [X[start : start + half] for start in range(0, len(X), BATCH)]
    windows = [np.concatenate(firsts[:2]), np.concatenate(firsts[2:])]
    check(read_series(tmp_path)[DEAD], net(), windows)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sample_every", [1, 3])
def test_training_is_the_same_to_the_last_bit_and_the_model_as_before(tmp_path, way, sample_every):
    plain, observed = net(), net()
    before = [set(vars(layer)) for layer in observed._flatten_layers()]
    fit(observed, tmp_path, rate=0.01, sample_every=sample_every, **WAYS[way])
    plain.compile(keras.optimizers.SGD(0.01), "mse", **WAYS[way])
    plain.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
    check_same(observed, plain)
    layers = list(observed._flatten_layers())[1:]
    assert [set(vars(layer)) for layer in layers] == before[1:]
    assert not op_callbacks()


def op_callbacks():
    from tensorflow.python.eager import context

    return context.context().op_callbacks


@pytest.mark.parametrize("way", ["graph", "eager"])
def test_an_exception_in_a_call_leaves_nothing_behind(tmp_path, way):
    class Failing(Block):
        def call(self, x, training=False):
            x = super().call(x)
            if getattr(self, "fails", False):
                raise ArithmeticError("in a call")
            return x

    model = keras.Sequential([keras.Input((UNITS,)), Failing(), keras.layers.Dense(1)])
    model.layers[0].fails = True
    with pytest.raises(ArithmeticError):
        fit(model, tmp_path / "failing", **WAYS[way])
    assert not op_callbacks()
    assert "call" not in vars(model.layers[0])
    model.layers[0].fails = False
    dead = train(model, tmp_path / "sound", **WAYS[way])
    assert dead.rows == ("block/relu", "block/relu_1")
    assert (dead.statistic("count") == 2 * BATCH).all()


@pytest.mark.parametrize("way", ["graph", "eager"])
def test_a_fault_warns_once_and_training_goes_on(tmp_path, monkeypatch, way):
    def broken(operations):
        raise ArithmeticError("no such luck")

    monkeypatch.setattr("tb_stability.capture.function_calls.applied_relus", broken)
    model, plain = net(), net()
    with pytest.warns(RuntimeWarning, match="cannot measure") as caught:
        fit(model, tmp_path, rate=0.01, **WAYS[way])
    assert [str(w.message) for w in caught if "cannot measure" in str(w.message)] == [
        "StabilityCallback cannot measure dead_relu and leaves it out; training goes on. "
        "ArithmeticError: no such luck"
    ]
    plain.compile(keras.optimizers.SGD(0.01), "mse", **WAYS[way])
    plain.fit(X, Y, batch_size=BATCH, shuffle=False, verbose=0)
    check_same(model, plain)
    assert read_series(tmp_path)["stability/loss"].statistic("count").sum() == 4

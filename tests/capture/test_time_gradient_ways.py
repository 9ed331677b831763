"""Gradient through time, in every way of training: unscaled, global, sampled, and harmless."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series
from tests.capture.through_time import (
    ASKED,
    BATCH,
    LAYERS,
    STEPS,
    L,
    X,
    Y,
    check,
    compiled,
    stacked,
    train,
)


@pytest.mark.parametrize("options", [{}, {"steps_per_execution": 2}], ids=str)
def test_scaled_losses_are_unscaled(tmp_path, options):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = compiled(stacked, **options)
        model.optimizer.initial_scale = 64.0
        series = train(model, tmp_path / "mixed", window_steps=2)
    finally:
        keras.config.set_dtype_policy("float32")
    expected = train(compiled(stacked), tmp_path / "single", window_steps=2)
    for name in LAYERS:
        tag = f"stability/time_gradient/{name}"
        # float16 has three digits.
        np.testing.assert_allclose(
            series[tag].statistic("mean"), expected[tag].statistic("mean"), rtol=0.03
        )


def test_a_layer_that_no_gradient_passes_has_no_record(tmp_path):
    def build():
        model = stacked()
        model.layers[0].trainable = False
        return model

    check(build, tmp_path, LAYERS[1:])
    model = keras.Sequential(
        [keras.Input((STEPS, 3)), L.Dense(3), L.LSTM(3, name="lstm"), L.Dense(1)]
    )
    model.get_layer("lstm").trainable = False
    series = train(compiled(lambda: model), tmp_path / "below")
    assert (series["stability/time_gradient/lstm"].statistic("last") > 0).all()


def test_raw_data_have_a_gradient_only_where_it_is_asked_for(tmp_path):
    series = train(compiled(stacked), tmp_path, quantities=None)
    found = {tag for tag in series if tag.startswith("stability/time_gradient")}
    assert found == {f"stability/time_gradient/{name}" for name in LAYERS[1:]}


def test_one_step_in_n_is_measured_and_validation_never(tmp_path):
    model = compiled(stacked)
    callback = StabilityCallback(tmp_path, quantities=ASKED, window_steps=5, sample_every=2)
    model.fit(
        X, Y, batch_size=1, verbose=0, validation_data=(X, Y), validation_batch_size=1,
        callbacks=[callback],
    )  # fmt: skip
    counts = read_series(tmp_path)["stability/time_gradient/lstm"].statistic("count")
    assert counts[:, 0].tolist() == [3, 2]


MIRRORED = """
    import sys
    import tensorflow as tf
    cpus = tf.config.list_physical_devices("CPU")
    two = 2 * [tf.config.LogicalDeviceConfiguration()]
    tf.config.set_logical_device_configuration(cpus[0], two)
    from tests.capture.through_time import compiled, stacked, train
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = compiled(stacked)
    train(model, sys.argv[1])
"""


def test_the_norm_is_that_of_the_global_batch(tmp_path, pytestconfig):
    program = [sys.executable, "-c", textwrap.dedent(MIRRORED), str(tmp_path / "two")]
    subprocess.run(program, check=True, cwd=pytestconfig.rootpath, capture_output=True, timeout=300)
    series = read_series(tmp_path / "two")
    expected = train(compiled(stacked), tmp_path / "one")
    for name in LAYERS:
        tag = f"stability/time_gradient/{name}"
        np.testing.assert_allclose(
            series[tag].statistic("last"), expected[tag].statistic("last"), rtol=1e-5
        )


def with_dropout():
    return keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            L.Dense(4, "tanh"),
            L.LSTM(4, return_sequences=True, dropout=0.2, recurrent_dropout=0.2),
            L.Dropout(0.3),
            L.SimpleRNN(3, unroll=True),
            L.Dense(1),
        ]
    )


@pytest.mark.parametrize(
    ("options", "policy"),
    [
        ({}, "float32"),
        ({"jit_compile": True}, "float32"),
        ({"run_eagerly": True}, "float32"),
        ({"steps_per_execution": 2}, "mixed_float16"),
    ],
    ids=["graph", "jit", "eager", "mixed"],
)
def test_training_is_the_same_to_the_last_bit(tmp_path, options, policy):
    def trained(callbacks):
        keras.utils.set_random_seed(3)
        model = with_dropout()
        model.compile(keras.optimizers.Adam(0.01), "mse", **options)
        model.fit(X, Y, batch_size=2, epochs=2, verbose=0, callbacks=callbacks)
        return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]

    keras.config.set_dtype_policy(policy)
    try:
        plain = trained([])
        observed = trained([StabilityCallback(tmp_path, quantities=ASKED, sample_every=2)])
    finally:
        keras.config.set_dtype_policy("float32")
    for expected, found in zip(plain, observed, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert "stability/time_gradient/lstm" in " ".join(read_series(tmp_path))


def test_a_recurrent_layer_that_is_called_by_another_layer_does_no_harm(tmp_path):
    def trained(callbacks):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [
                keras.Input((2, STEPS, 3)),
                L.TimeDistributed(L.LSTM(3, name="lstm")),
                L.LSTM(3, name="over"),
                L.Dense(1),
            ]
        )
        model.compile("sgd", "mse")
        x = np.stack([X, -X], axis=1)
        model.fit(x, Y, batch_size=BATCH, verbose=0, shuffle=False, callbacks=callbacks)
        return model.get_weights()

    plain = trained([])
    observed = trained([StabilityCallback(tmp_path, quantities=ASKED)])
    for expected, found in zip(plain, observed, strict=True):
        np.testing.assert_array_equal(found, expected)
    assert "stability/time_gradient/over" in read_series(tmp_path)

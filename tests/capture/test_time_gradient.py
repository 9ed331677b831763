"""Gradient through time, against a tape that watches the inputs of the layers."""

from __future__ import annotations

import itertools
import pathlib
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.recurrent_state import bin_names, time_bins
from tests.capture.recorded import read_series

RNG = np.random.default_rng(12)
ASKED = ["time_gradient"]
BATCH, STEPS = 4, 6
X = RNG.normal(size=(2 * BATCH, STEPS, 3)).astype(np.float32)
Y = RNG.normal(size=(2 * BATCH, 1)).astype(np.float32)
L = keras.layers


def gradients_by_hand(build, x, y, layers, scale=1.0):
    """Returns dL/dx_t ``[samples, time, features]`` of the calls of each layer, by batch."""
    found = []
    model = build()
    for start in range(0, len(y), BATCH):
        part = slice(start, start + BATCH)
        seen: dict = {layer: [] for layer in layers}
        with tf.GradientTape(persistent=True) as tape:
            for name in layers:
                watch_inputs(tape, model.get_layer(name), seen[name])
            loss = tf.reduce_mean((model(x[part], training=True) - y[part]) ** 2) * scale
        found.append(
            {name: [tape.gradient(loss, one) / scale for one in seen[name]] for name in layers}
        )
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        for name in layers:
            del model.get_layer(name).__dict__["call"]
    return found


def watch_inputs(tape, layer, seen):
    call = layer.call

    def watching(sequences, *args, **kwargs):
        sequences = tf.identity(sequences)
        tape.watch(sequences)
        seen.append(sequences)
        return call(sequences, *args, **kwargs)

    layer.__dict__["call"] = watching


def norms(gradients, edges=None):
    """Returns the norm of each bin of time steps over all samples, calls and features."""
    squares = sum((g.numpy().astype(float) ** 2).sum(axis=(0, 2)) for g in gradients)
    edges = time_bins(len(squares)) if edges is None else edges
    return [np.sqrt(squares[a:b].mean()) for a, b in itertools.pairwise(edges)]


def compiled(build, **options):
    keras.utils.set_random_seed(3)
    model = build()
    model.compile(keras.optimizers.SGD(0.1), "mse", **options)
    return model


def train(model, log_dir, x=X, y=Y, window_steps=1, **options):
    options = {"quantities": ASKED} | options
    callback = StabilityCallback(log_dir, window_steps=window_steps, **options)
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir)


def check(build, log_dir, layers, x=X, y=Y, **options):
    series = train(compiled(build, **options), log_dir, x, y)
    tags = {tag for tag in series if tag.startswith("stability/time_gradient")}
    assert tags == {f"stability/time_gradient/{name}" for name in layers}
    expected = gradients_by_hand(lambda: compiled(build), x, y, layers)
    for name in layers:
        found = series[f"stability/time_gradient/{name}"]
        assert found.rows == bin_names(time_bins(x.shape[1]))
        np.testing.assert_allclose(
            found.statistic("last"), [norms(step[name]) for step in expected], rtol=1e-5
        )


def stacked():
    return keras.Sequential(
        [
            keras.Input((STEPS, 3)),
            L.LSTM(4, return_sequences=True, name="lstm"),
            L.Bidirectional(L.GRU(3, return_sequences=True), name="both"),
            L.RNN([L.LSTMCell(3), L.GRUCell(2)], return_sequences=True, name="cells"),
            L.SimpleRNN(3, name="simple", go_backwards=True),
            L.Dense(1),
        ]
    )


LAYERS = ["lstm", "both", "cells", "simple"]


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}], ids=str)
def test_every_kind_of_recurrent_layer(tmp_path, options):
    check(stacked, tmp_path, LAYERS, **options)


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


def shared():
    layer = L.LSTM(3, name="lstm", dropout=0.0)
    left, right = keras.Input((STEPS, 3)), keras.Input((4, 3))
    joined = L.Concatenate()([layer(left), layer(right)])
    return keras.Model([left, right], L.Dense(1)(joined))


def test_a_shared_layer_is_measured_over_all_its_calls(tmp_path):
    model = compiled(shared)
    short = RNG.normal(size=(BATCH, 4, 3)).astype(np.float32)
    series = train(model, tmp_path, [X[:BATCH], short], Y[:BATCH])
    seen: list = []
    with tf.GradientTape(persistent=True) as tape:
        model = compiled(shared)
        watch_inputs(tape, model.get_layer("lstm"), seen)
        loss = tf.reduce_mean((model([X[:BATCH], short]) - Y[:BATCH]) ** 2)
    long, short = [
        (tape.gradient(loss, one).numpy().astype(float) ** 2).sum((0, 2)) for one in seen
    ]
    long[:4] += short
    found = series["stability/time_gradient/lstm"].statistic("last")
    np.testing.assert_allclose(found[0], np.sqrt(long), rtol=1e-5)


def test_long_sequences_are_shown_in_bins(tmp_path):
    x = RNG.normal(size=(BATCH, 100, 3)).astype(np.float32)

    def build():
        return keras.Sequential([keras.Input((None, 3)), L.GRU(4, name="gru"), L.Dense(1)])

    check(build, tmp_path, ["gru"], x, Y[:BATCH])
    assert len(read_series(tmp_path)["stability/time_gradient/gru"].rows) == 64


def test_sequences_of_several_lengths_keep_their_rows(tmp_path):
    def build():
        return keras.Sequential([keras.Input((None, 3)), L.GRU(4, name="gru"), L.Dense(1)])

    lengths = (4, 6, 2)

    def batches():
        for length in lengths:
            yield X[:BATCH, :length], Y[:BATCH]

    model, expected = compiled(build), []
    model.optimizer.learning_rate = 0.0
    callback = StabilityCallback(tmp_path, quantities=ASKED, window_steps=1)
    model.fit(batches(), steps_per_epoch=3, verbose=0, callbacks=[callback])
    series = read_series(tmp_path)["stability/time_gradient/gru"]
    assert series.rows == ("0", "1", "2", "3")
    for length in lengths:
        found = gradients_by_hand(lambda: compiled(build), X[:BATCH, :length], Y[:BATCH], ["gru"])
        edges = [*range(min(length, 3) + 1), 6] if length > 3 else range(length + 1)
        values = norms(found[0]["gru"], list(edges))
        expected.append(values + [np.nan] * (4 - len(values)))
    np.testing.assert_allclose(series.statistic("last"), expected, rtol=1e-5)
    assert series.statistic("count").tolist() == [[1] * 4, [1] * 4, [1, 1, 0, 0]]


def test_masked_time_steps_have_no_gradient(tmp_path):
    words = np.array([[1, 2, 0, 0], [3, 1, 0, 0], [1, 0, 0, 0], [2, 2, 0, 0]])

    def build():
        embedding = L.Embedding(4, 3, mask_zero=True)
        return keras.Sequential(
            [keras.Input((4,)), embedding, L.LSTM(3, name="lstm", use_cudnn=False), L.Dense(1)]
        )

    check(build, tmp_path, ["lstm"], words, Y[:BATCH])
    last = read_series(tmp_path)["stability/time_gradient/lstm"].statistic("last")[0]
    assert (last[:2] > 0).all()
    assert last[2:].tolist() == [0, 0]


def test_gradients_that_vanish_are_told_from_zero(tmp_path):
    def build():
        kernel = keras.initializers.Constant(1e-4)
        return keras.Sequential(
            [
                keras.Input((STEPS, 1)),
                L.SimpleRNN(1, "linear", recurrent_initializer=kernel, name="rnn"),
                L.Dense(1, kernel_initializer="ones"),
            ]
        )

    check(build, tmp_path, ["rnn"], X[:BATCH, :, :1], 1e-6 * Y[:BATCH])
    last = read_series(tmp_path)["stability/time_gradient/rnn"].statistic("last")[0]
    assert 0 < last[0] < 1e-19


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


def test_a_gradient_that_is_not_finite(tmp_path):
    y = Y.copy()
    y[0] = np.inf
    series = train(compiled(stacked), tmp_path, y=y)["stability/time_gradient/lstm"]
    assert series.statistic("nonfinite")[0].tolist() == [1] * STEPS


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
    from tests.capture.test_time_gradient import compiled, stacked, train
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        model = compiled(stacked)
    train(model, sys.argv[1])
"""


def test_the_norm_is_that_of_the_global_batch(tmp_path):
    root = pathlib.Path(__file__).parents[2]
    program = [sys.executable, "-c", textwrap.dedent(MIRRORED), str(tmp_path / "two")]
    subprocess.run(program, check=True, cwd=root, capture_output=True, timeout=300)
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

"""Gradient through time, of every kind of layer and sequence, against a tape."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series
from tests.capture.through_time import (
    ASKED,
    BATCH,
    LAYERS,
    RNG,
    STEPS,
    L,
    X,
    Y,
    check,
    compiled,
    gradients_by_hand,
    norms,
    stacked,
    train,
    watch_inputs,
)


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}], ids=str)
def test_every_kind_of_recurrent_layer(tmp_path, options):
    check(stacked, tmp_path, LAYERS, **options)


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


def test_a_gradient_that_is_not_finite(tmp_path):
    y = Y.copy()
    y[0] = np.inf
    series = train(compiled(stacked), tmp_path, y=y)["stability/time_gradient/lstm"]
    assert series.statistic("nonfinite")[0].tolist() == [1] * STEPS

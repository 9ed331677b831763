"""Recurrent models, and the gradient through time as a tape finds it that watches their inputs."""

from __future__ import annotations

import itertools

import keras
import numpy as np
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

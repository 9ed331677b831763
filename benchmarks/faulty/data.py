"""Data that are broken, or are not what the model is told they are."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from benchmarks.faulty.outputs import BESIDE_STUCK, STUCK
from benchmarks.faulty.rates import HIGH, LOST
from benchmarks.faulty.run import ends, faulty, is_lost, stays
from benchmarks.healthy.training import Callbacks, begin, clusters, fit, fit_classifier, mlp

L = keras.layers


def _in_order(
    x: object, y: object, model: keras.Model, callbacks: Callbacks, epochs: int, steps: int
) -> keras.callbacks.History:
    """Fits a classifier to batches that each come once, in their order."""
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
    return fit_classifier(
        model,
        data,
        None,
        callbacks,
        epochs=epochs,
        steps_per_epoch=steps,
        batch_size=None,
        shuffle=False,
        validation_split=0.0,
    )


@faulty("nonfinite_input", "nonfinite_loss", shows=is_lost, epochs=(4, 4), may_show=LOST)
def rows_that_break_off(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A stream of data has a NaN in one row, in epoch 4."""
    x, y = clusters(begin(seed), samples=7 * 20 * 32)
    x[4 * 20 * 32 + 205, 3] = np.nan
    return _in_order(x, y, mlp(3), callbacks, epochs=7, steps=20)


@faulty(*STUCK, shows=ends("accuracy", at_most=0.3), may_show=BESIDE_STUCK)
def shuffled_labels(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Samples were shuffled, and the labels were not."""
    rng = begin(seed)
    x, y = clusters(rng, samples=8000, classes=5, noise=0.5)
    return fit_classifier(mlp(5), x, rng.permutation(y), callbacks, epochs=4, batch_size=64)


@faulty("loss_divergence", shows=ends("accuracy", at_most=0.5), epochs=(5, 5), may_show=HIGH)
def labels_out_of_step(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """From epoch 5 on the reader gives each sample the label of another one."""
    rng = begin(seed)
    x, y = clusters(rng, samples=12 * 25 * 32, classes=5)
    y[5 * 25 * 32 :] = np.roll(y[5 * 25 * 32 :], 7)
    return _in_order(x, y, mlp(5), callbacks, epochs=12, steps=25)


@faulty(*STUCK, shows=ends("accuracy", at_most=0.4), may_show=BESIDE_STUCK, held_out=True)
def pixels_divided_as_integers(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Pixels were divided by 255 as integers: nearly all are zero."""
    rng = begin(seed)
    y = rng.integers(0, 6, 1000)
    pixels = rng.integers(0, 200, size=(1000, 64)) + 9 * y[:, None]
    x = (pixels // 255).astype(np.float32)
    return fit_classifier(mlp(6), x, y, callbacks, epochs=8)


@faulty("not_learning", "update_ratio_low", shows=stays("loss", within=0.2), may_show=BESIDE_STUCK)
def prices_as_they_are(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Targets are prices about 400 000, and Adam would need a thousand epochs to get there."""
    rng = begin(seed)
    x = rng.normal(size=(1000, 8)).astype(np.float32)
    y = 4e5 + 1e5 * x[:, :1]
    return fit(mlp(1), x, y, callbacks, epochs=10)


@faulty(
    "loss_spike",
    "loss_divergence",
    "oscillating_loss",
    "exploding_gradient",
    "unscaled_input",
    "update_ratio_high",
    shows=ends("loss", at_least=0.5),
    epochs=(0, 2),
    may_show=HIGH,
)
def a_sensor_that_reads_999999(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Some rows hold 999999 for missing, and each that comes throws the model off."""
    rng = begin(seed)
    x = rng.normal(size=(1500, 8)).astype(np.float32)
    y = x[:, :1] - 2 * x[:, 1:2]
    x[::97, 5] = 999999.0
    return fit(mlp(1), x, y, callbacks, epochs=12)


@faulty(*STUCK, shows=ends("accuracy", at_most=0.45), may_show=BESIDE_STUCK)
def batch_norm_of_single_samples(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Batch normalisation of one sample takes away all there is."""
    x, y = clusters(begin(seed), samples=400, classes=4)
    model = keras.Sequential([L.Dense(16), L.BatchNormalization(), L.ReLU(), L.Dense(4)])
    return fit_classifier(model, x, y, callbacks, epochs=6, batch_size=1)


@faulty(
    "nonfinite_loss",
    "loss_divergence",
    "exploding_gradient",
    "unscaled_input",
    "dead_relu",
    *STUCK,
    shows=ends("accuracy", at_most=0.4),
    may_show=HIGH,
    held_out=True,
)
def features_in_their_own_units(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Features from 0 to 100 000 are given to plain descent."""
    rng = begin(seed)
    x, y = clusters(rng, classes=4)
    x = (x * 10.0 ** rng.uniform(0, 5, size=20)).astype(np.float32)
    return fit_classifier(mlp(4), x, y, callbacks, "sgd", epochs=6)


@faulty(
    "loss_divergence", "loss_spike", shows=ends("loss", at_least=1.0), epochs=(6, 6), may_show=HIGH
)
def another_scale_after_a_restart(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """From epoch 6 on the pipeline gives pixels from 0 to 255 that were from 0 to 1."""
    x, y = clusters(begin(seed), samples=12 * 25 * 32, classes=5)
    x[6 * 25 * 32 :] *= -80
    model = keras.Sequential([L.Dense(32, activation="tanh"), L.Dense(5)])
    return _in_order(x, y, model, callbacks, epochs=12, steps=25)


RUNS = (
    rows_that_break_off,
    shuffled_labels,
    labels_out_of_step,
    pixels_divided_as_integers,
    prices_as_they_are,
    a_sensor_that_reads_999999,
    batch_norm_of_single_samples,
    features_in_their_own_units,
    another_scale_after_a_restart,
)

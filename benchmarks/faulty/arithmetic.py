"""Numbers that are not finite, from a formula of one's own."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.faulty.rates import HIGH, LOST
from benchmarks.faulty.run import faulty, is_lost
from benchmarks.healthy.training import Callbacks, begin, clusters, fit, fit_classifier, mlp

L = keras.layers


@faulty("nonfinite_gradient", "nonfinite_loss", shows=is_lost, epochs=(0, 0), may_show=LOST)
def root_of_zero(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A loss is the norm of a difference that is zero for some samples, where it has no slope."""
    rng = begin(seed)
    x = rng.normal(size=(640, 4)).astype(np.float32)
    x[::50] = 0

    def distance(target, output):  # type: ignore[no-untyped-def]
        return ops.sqrt(ops.sum(ops.square(target - output), axis=-1))

    model = keras.Sequential(
        [L.Dense(8, activation="relu", use_bias=False), L.Dense(4, use_bias=False)]
    )
    return fit(model, x, x, callbacks, "adam", distance, epochs=6)


def _masked(rng: np.random.Generator, epochs: int, steps: int, batch: int, empty: int) -> object:
    x = rng.normal(size=(epochs * steps * batch, 5)).astype(np.float32)
    target = x.sum(axis=1, keepdims=True)
    mask = (rng.random(size=target.shape) < 0.7).astype(np.float32)
    first = (empty * steps + 7) * batch
    mask[first : first + batch] = 0
    return tf.data.Dataset.from_tensor_slices((x, np.hstack([target, mask]))).batch(batch)


@faulty("nonfinite_loss", shows=is_lost, epochs=(3, 3), may_show=LOST)
def empty_mask(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A masked mean is divided by the number of unmasked samples, of which one batch has none."""
    data = _masked(begin(seed), epochs=6, steps=20, batch=16, empty=3)

    def masked(truth, output):  # type: ignore[no-untyped-def]
        target, mask = truth[:, :1], truth[:, 1:]
        return ops.sum(mask * ops.square(target - output)) / ops.sum(mask)

    return fit(
        mlp(1),
        data,
        None,
        callbacks,
        "adam",
        masked,
        epochs=6,
        steps_per_epoch=20,
        batch_size=None,
        shuffle=False,
        validation_split=0.0,
    )


@faulty(
    "nonfinite_loss",
    "exploding_gradient",
    "loss_divergence",
    "loss_spike",
    "unscaled_input",
    shows=is_lost,
    epochs=(0, 0),
    may_show=HIGH,
    held_out=True,
)
def exponential_of_raw_inputs(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Counts are predicted through an exponential, from inputs as large as 200."""
    rng = begin(seed)
    x = rng.uniform(0, 200, size=(800, 6)).astype(np.float32)
    y = rng.poisson(3 + x[:, :1] / 50)
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1, activation="exponential")])
    return fit(model, x, y, callbacks, "adam", "poisson", epochs=5)


@faulty("nonfinite_loss", shows=is_lost, epochs=(0, 9), may_show=LOST)
def logarithm_of_a_negative(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A log error of targets near zero is taken of an output that drifts below zero."""
    rng = begin(seed)
    x = rng.normal(size=(800, 6)).astype(np.float32)
    y = np.maximum(x[:, :1] - 0.5, 0).astype(np.float32)

    def log_error(target, output):  # type: ignore[no-untyped-def]
        return ops.mean(ops.square(ops.log(output + 0.1) - ops.log(target + 0.1)), axis=-1)

    head = keras.initializers.RandomNormal(stddev=0.01)
    model = keras.Sequential(
        [
            L.Dense(16, activation="relu", kernel_initializer=head),
            L.Dense(1, kernel_initializer=head),
        ]
    )
    return fit(model, x, y, callbacks, keras.optimizers.Adam(0.05), log_error, epochs=10)


@faulty(
    "nonfinite_loss",
    "nonfinite_gradient",
    "nonfinite_weights",
    shows=is_lost,
    epochs=(0, 1),
    may_show=HIGH,
)
def half_precision_throughout(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Model and Adam are of float16, in which its epsilon of 1e-8 is zero."""
    x, y = clusters(begin(seed), classes=4)
    model = keras.Sequential(
        [L.Dense(32, activation="relu", dtype="float16"), L.Dense(4, dtype="float16")]
    )
    x[:, 3] = 0
    optimizer = keras.optimizers.Adam(1e-3, epsilon=1e-8)
    return fit_classifier(model, x, y, callbacks, optimizer, epochs=5)


@faulty("nonfinite_loss", shows=is_lost, epochs=(0, 0), may_show=LOST, held_out=True)
def targets_beyond_the_range(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Squares of targets of 1e20 are beyond float32."""
    rng = begin(seed)
    x = rng.normal(size=(500, 6)).astype(np.float32)
    y = 1e20 * (1 + x[:, :1])
    return fit(mlp(1), x, y, callbacks, epochs=4)


class _Variational(keras.layers.Layer):
    """Draws a code and adds its divergence from the prior, whose exponential nothing bounds."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.mean, self.log_variance = L.Dense(4), L.Dense(4)
        self.scale = scale
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, inputs):  # type: ignore[no-untyped-def]
        mean, log_variance = self.mean(inputs), self.scale * self.log_variance(inputs)
        divergence = ops.exp(log_variance) + ops.square(mean) - 1 - log_variance
        self.add_loss(0.5 * ops.mean(ops.sum(divergence, axis=-1)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


@faulty(
    "nonfinite_loss",
    "exploding_gradient",
    "loss_divergence",
    "loss_spike",
    "unscaled_input",
    shows=is_lost,
    epochs=(0, 1),
    may_show=HIGH,
)
def exploding_divergence(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A variational autoencoder of raw features: the exponential of its variance overflows."""
    rng = begin(seed)
    x = (100 * rng.normal(size=(800, 10))).astype(np.float32)
    model = keras.Sequential(
        [
            L.Dense(32, activation="relu"),
            _Variational(4.0),
            L.Dense(32, activation="relu"),
            L.Dense(10),
        ]
    )
    return fit(model, x, x, callbacks, keras.optimizers.Adam(1e-2), epochs=4)


@faulty(
    "nonfinite_loss",
    "nonfinite_gradient",
    shows=is_lost,
    epochs=(0, 12),
    may_show=HIGH,
    held_out=True,
)
def probability_of_one(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A cross-entropy written by hand takes log(1 - p), and p is one in the end."""
    x, y = clusters(begin(seed), classes=2, noise=0.3)

    def by_hand(target, output):  # type: ignore[no-untyped-def]
        target = ops.cast(target, output.dtype)
        return -ops.mean(target * ops.log(output) + (1 - target) * ops.log(1 - output), axis=-1)

    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1, activation="sigmoid")])
    return fit(
        model,
        x,
        y[:, None],
        callbacks,
        keras.optimizers.Adam(0.02),
        by_hand,
        ["accuracy"],
        epochs=25,
    )


RUNS = (
    root_of_zero,
    empty_mask,
    exponential_of_raw_inputs,
    logarithm_of_a_negative,
    half_precision_throughout,
    targets_beyond_the_range,
    exploding_divergence,
    probability_of_one,
)

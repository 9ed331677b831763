"""Models that make or remake data; their losses do not simply fall."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, fit

L = keras.layers


class Gan(keras.Model):
    """A generator and a discriminator, each with an optimizer and a loss of its own.

    The logs hold both losses, and `offset`: how far the mean of what is made lies from that of the
    data.
    """

    def __init__(self, noise: int, features: int) -> None:
        super().__init__()
        self.noise = noise
        self.generator = keras.Sequential(
            [keras.Input((noise,)), L.Dense(32, activation="relu"), L.Dense(features)],
            name="generator",
        )
        self.discriminator = keras.Sequential(
            [keras.Input((features,)), L.Dense(32, activation=keras.ops.leaky_relu), L.Dense(1)],
            name="discriminator",
        )
        self.seed_generator = keras.random.SeedGenerator()
        self.loss_of_logits = keras.losses.BinaryCrossentropy(from_logits=True)
        names = ("discriminator_loss", "generator_loss", "offset")
        self.means = {name: keras.metrics.Mean(name=name) for name in names}

    def compile(self, discriminator_optimizer: Any, generator_optimizer: Any) -> None:
        super().compile(jit_compile=False)
        self.discriminator_optimizer = discriminator_optimizer
        self.generator_optimizer = generator_optimizer

    @property
    def metrics(self) -> list[Any]:
        return list(self.means.values())

    def call(self, noise: Any) -> Any:
        return self.generator(noise)

    def train_step(self, real: Any) -> dict[str, Any]:
        noise = keras.random.normal((ops.shape(real)[0], self.noise), seed=self.seed_generator)
        with tf.GradientTape() as tape:
            made = self.generator(noise, training=True)
            logits = ops.concatenate([self.discriminator(real), self.discriminator(made)])
            truth = ops.concatenate([ops.ones_like(real[:, :1]), ops.zeros_like(real[:, :1])])
            discriminator_loss = self.loss_of_logits(truth, logits)
        self._apply(tape, discriminator_loss, self.discriminator, self.discriminator_optimizer)
        with tf.GradientTape() as tape:
            made = self.generator(noise, training=True)
            generator_loss = self.loss_of_logits(
                ops.ones_like(real[:, :1]), self.discriminator(made)
            )
        self._apply(tape, generator_loss, self.generator, self.generator_optimizer)
        offset = ops.norm(ops.mean(made, axis=0) - ops.mean(real, axis=0))
        for mean, value in zip(
            self.means.values(), (discriminator_loss, generator_loss, offset), strict=True
        ):
            mean.update_state(value)
        return {name: mean.result() for name, mean in self.means.items()}

    def _apply(self, tape: Any, loss: Any, model: Any, optimizer: Any) -> None:
        optimizer.apply(tape.gradient(loss, model.trainable_weights), model.trainable_weights)


@healthy(at_least={"discriminator_loss": 0.4}, at_most={"generator_loss": 1.5, "offset": 0.6})
def gan(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence and not learning: two losses that balance, and neither of them falls.

    Optimizers and losses are called by the model itself. What it makes starts four units off.
    """
    rng = begin(seed)
    real = (rng.normal(size=(2000, 2)) * (0.5, 1.0) + (4.0, 0.0)).astype(np.float32)
    model = Gan(noise=4, features=2)
    model.compile(keras.optimizers.Adam(5e-3, beta_1=0.5), keras.optimizers.Adam(3e-3, beta_1=0.5))
    return model.fit(real, epochs=25, batch_size=64, callbacks=list(callbacks), verbose=0)


class AddKlDivergence(keras.layers.Layer):
    """Draws a code from mean and log variance, and adds what it costs to the loss."""

    def __init__(self, weight: float, **options: Any) -> None:
        super().__init__(**options)
        self.weight = weight
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, moments: Any) -> Any:
        mean, log_variance = ops.split(moments, 2, axis=-1)
        cost = ops.square(mean) + ops.exp(log_variance) - log_variance - 1
        self.add_loss(self.weight * 0.5 * ops.mean(ops.sum(cost, axis=-1)))
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


@healthy(at_most={"loss": 1.9, "val_loss": 1.9})
def variational_autoencoder(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and not learning: a random code, and a cost that rises as the code is used.

    The variance of the data is about 2.
    """
    x, _ = clusters(begin(seed))
    model = keras.Sequential(
        [
            L.Dense(32, activation="relu"),
            L.Dense(8, name="moments"),
            AddKlDivergence(0.05, name="code"),
            L.Dense(32, activation="relu"),
            L.Dense(20, name="remade"),
        ]
    )
    return fit(model, x, x, callbacks, keras.optimizers.Adam(3e-3), epochs=12)


@healthy(at_most={"val_loss": 0.15})
def saturated_pixels(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts saturated units: remade pixels are black or white, so sigmoids belong at a bound."""
    rng = begin(seed)
    pictures = (rng.random((6, 49)) < 0.5)[rng.integers(0, 6, 1000)]
    x = (pictures ^ (rng.random(pictures.shape) < 0.005)).astype(np.float32)
    model = keras.Sequential(
        [L.Dense(16, activation="tanh", name="code"), L.Dense(49, activation="sigmoid")]
    )
    optimizer = keras.optimizers.Adam(1e-2)
    return fit(model, x, x, callbacks, optimizer, "binary_crossentropy", epochs=12)


RUNS = (gan, variational_autoencoder, saturated_pixels)

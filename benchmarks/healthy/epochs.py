"""Batches and epochs of unusual sizes, and what single steps do."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, fit, fit_classifier, mlp


@healthy(at_least={"val_accuracy": 0.75})
def tiny_batches(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes: with two samples a batch, the loss of a step is hundreds of times its mean."""
    x, y = clusters(begin(seed), samples=800, noise=2.0)
    optimizer = keras.optimizers.Adam(3e-4)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, batch_size=2, epochs=4)


@healthy(at_least={"val_accuracy": 0.9})
def one_step_per_epoch(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules that count windows or epochs: each epoch is a single step on all the data."""
    x, y = clusters(begin(seed), samples=500)
    model = keras.Sequential([keras.layers.Dense(3)])
    optimizer = keras.optimizers.SGD(0.1)
    return fit_classifier(model, x, y, callbacks, optimizer, batch_size=500, epochs=40)


@healthy(at_least={"val_accuracy": 0.7})
def one_epoch(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules that look back over epochs: one long epoch is all there is."""
    x, y = clusters(begin(seed), samples=15000, noise=2.5)
    return fit_classifier(mlp(3), x, y, callbacks, batch_size=8, epochs=1)


@healthy(at_least={"val_accuracy": 0.7})
def long_epochs(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules with a patience in epochs: three of them, of 800 steps each."""
    x, y = clusters(begin(seed), samples=4000, noise=2.5)
    return fit_classifier(mlp(3), x, y, callbacks, batch_size=4, epochs=3)


@healthy(at_least={"accuracy": 0.95})
def single_spike(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and exploding gradient: one damaged batch, met once, in epoch 4.

    Its inputs are fifteen times too large; the run is back where it was within the epoch.
    """
    epochs, steps, batch = 8, 40, 32
    x, y = clusters(begin(seed), samples=epochs * steps * batch)
    damaged = (4 * steps + 10) * batch
    x[damaged : damaged + batch] *= 15
    data = tf.data.Dataset.from_tensor_slices((x, y)).batch(batch)
    return fit_classifier(
        mlp(3),
        data,
        None,
        callbacks,
        epochs=epochs,
        steps_per_epoch=steps,
        batch_size=None,
        shuffle=False,
        validation_split=0.0,
    )


@healthy(at_least={"val_accuracy": 0.9})
def several_steps_per_execution(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules on windows: they end where an execution of eight steps does, not evenly."""
    x, y = clusters(begin(seed), samples=2000)
    model = mlp(3)
    model.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=8,
        jit_compile=False,
    )
    return model.fit(
        x, y, validation_split=0.2, epochs=8, batch_size=32, callbacks=list(callbacks), verbose=0
    )


@healthy(at_most={"loss": 0.3, "val_loss": 0.3})
def late_breakthrough(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning and exploding gradient: a plateau from the start, which is then left.

    The sign of a product of two inputs: the loss stands at that of guessing for several epochs,
    until the hidden units have found it. Then the gradient grows severalfold and the loss falls.
    """
    rng = begin(seed)
    x = rng.uniform(-1, 1, size=(1200, 2)).astype(np.float32)
    y = np.sign(x[:, :1] * x[:, 1:])
    small = keras.initializers.RandomNormal(stddev=0.1)
    model = keras.Sequential(
        [
            keras.layers.Dense(32, activation="tanh", kernel_initializer=small),
            keras.layers.Dense(1, activation="tanh", kernel_initializer=small),
        ]
    )
    optimizer = keras.optimizers.Adam(2e-2)
    return fit(model, x, y, callbacks, optimizer, epochs=25)


RUNS = (
    tiny_batches,
    one_step_per_epoch,
    one_epoch,
    long_epochs,
    single_spike,
    several_steps_per_execution,
    late_breakthrough,
)

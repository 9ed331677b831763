"""What stands between gradient and update: scaling, clipping, decay, accumulation."""

from __future__ import annotations

from typing import Any

import keras

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, fit_classifier, mlp

L = keras.layers


@healthy(at_least={"val_accuracy": 0.95, "skipped_steps": 5})
def mixed_precision(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts non-finite gradient: steps whose scaled gradients overflow are skipped, by design.

    The scale begins too high and is raised every 20 steps, so that it happens all the time. How
    often is added to the logs.
    """
    x, y = clusters(begin(seed))
    optimizer = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.Adam(), initial_scale=2.0**24, dynamic_growth_steps=20
    )
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = keras.Sequential(
            [
                L.Dense(32, activation="relu"),
                L.Dense(32, activation="relu"),
                L.Dense(3, dtype="float32"),
            ]
        )
        history = fit_classifier(model, x, y, callbacks, optimizer, epochs=8)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    steps = 8 * (int(0.8 * len(x)) // 32)
    history.history["skipped_steps"] = [steps - int(optimizer.inner_optimizer.iterations)]
    return history


@healthy(at_least={"val_accuracy": 0.75})
def dropout_and_l2(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning and spikes: the penalty is most of the loss, dropout makes it noisy."""
    x, y = clusters(begin(seed), noise=2.0)
    penalty = keras.regularizers.L2(3e-3)
    model = keras.Sequential(
        [
            L.Dense(64, activation="relu", kernel_regularizer=penalty),
            L.Dropout(0.5),
            L.Dense(64, activation="relu", kernel_regularizer=penalty),
            L.Dropout(0.5),
            L.Dense(3),
        ]
    )
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    return fit_classifier(model, x, y, callbacks, optimizer, epochs=12)


@healthy(at_least={"val_accuracy": 0.7})
def high_rate(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts steps too large and spikes: a rate ten times the usual one makes a restless loss."""
    x, y = clusters(begin(seed), noise=2.0)
    optimizer = keras.optimizers.Adam(1e-2)
    return fit_classifier(mlp(3, units=64), x, y, callbacks, optimizer, batch_size=16, epochs=12)


@healthy(at_least={"val_accuracy": 0.85})
def always_clipped(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules on clipping: every single step is clipped, which only sets its length."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.05)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, epochs=10)


@healthy(at_least={"val_accuracy": 0.85})
def accumulated_gradients(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules on updates: weights move in one step of four, and not at all in the others."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.Adam(3e-3, gradient_accumulation_steps=4)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, batch_size=8, epochs=6)


@healthy(at_least={"val_accuracy": 0.85})
def edge_of_stability(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts an oscillating loss: full-batch descent at a rate at which the loss is not monotonic.

    It gets lower all the same (Cohen et al., Gradient Descent on Neural Networks Typically Occurs
    at the Edge of Stability, 2021).
    """
    x, y = clusters(begin(seed), noise=1.5)
    model = mlp(3, activation="tanh")
    optimizer = keras.optimizers.SGD(0.7)
    return fit_classifier(model, x, y, callbacks, optimizer, batch_size=len(x), epochs=30)


class NoisySgd(keras.optimizers.SGD):
    """SGD with normal noise on each gradient, as stochastic gradient Langevin dynamics has it."""

    def __init__(self, learning_rate: float, deviation: float) -> None:
        super().__init__(learning_rate)
        self.deviation = deviation
        self.seed_generator = keras.random.SeedGenerator()

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        noise = keras.random.normal(gradient.shape, stddev=self.deviation, seed=self.seed_generator)
        super().update_step(gradient + noise, variable, learning_rate)


@healthy(at_least={"val_accuracy": 0.8})
def noisy_gradients(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts growing weights and spikes: noise on each update lets the weights walk at random."""
    x, y = clusters(begin(seed), noise=1.5)
    return fit_classifier(mlp(3), x, y, callbacks, NoisySgd(0.05, deviation=0.05), epochs=12)


RUNS = (
    mixed_precision,
    dropout_and_l2,
    high_rate,
    always_clipped,
    accumulated_gradients,
    edge_of_stability,
    noisy_gradients,
)

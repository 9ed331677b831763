"""Regressions: losses of any size and sign, targets of any scale."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, fit, mlp


def plane(
    rng: np.random.Generator, samples: int = 1200, noise: float = 0.1
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Ten features and a linear target of unit variance, with noise."""
    x = rng.normal(size=(samples, 10))
    weights = rng.normal(size=10)
    y = x @ (weights / np.linalg.norm(weights)) + noise * rng.normal(size=samples)
    return x.astype(np.float32), y[:, None].astype(np.float32)


@healthy(at_most={"loss": 0.02, "val_loss": 0.02})
def linear_regression(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts vanishing gradient and steps too large: a linear model is at its best in one epoch.

    From there on gradient and loss are noise about a level that is not zero.
    """
    x, y = plane(begin(seed))
    model = keras.Sequential([keras.layers.Dense(1)])
    return fit(model, x, y, callbacks, keras.optimizers.SGD(0.05), epochs=12)


@healthy(at_most={"val_loss": 2.5e5})
def unscaled_targets(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts absolute limits: targets about 5000, a loss of 2e7 and gradients as large at first.

    It converges all the same, and explains more than three quarters of the variance of 1e6.
    """
    x, y = plane(begin(seed))
    optimizer = keras.optimizers.Adam(0.05)
    return fit(mlp(1, units=64), x, 5000 + 1000 * y, callbacks, optimizer, epochs=15)


@healthy(at_most={"loss": 0.05, "val_loss": 0.05})
def initial_transient(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and exploding gradient: with much momentum the loss swings before it settles.

    It starts four orders of magnitude above its end, and rises several times on the way.
    """
    x, y = plane(begin(seed))
    far_off = keras.initializers.RandomNormal(stddev=10.0)
    model = keras.Sequential([keras.layers.Dense(1, kernel_initializer=far_off)])
    optimizer = keras.optimizers.SGD(0.05, momentum=0.95)
    return fit(model, x, y, callbacks, optimizer, batch_size=64, epochs=15)


@healthy(at_most={"loss": -4.9, "val_loss": -4.9})
def negative_loss(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules of relative size: the loss is negative all along, and ends at its bound."""

    def shifted(target: Any, output: Any) -> Any:
        return ops.square(target - output) - 5.0

    x, y = plane(begin(seed))
    return fit(mlp(1), x, y, callbacks, "adam", shifted, epochs=12)


@healthy(at_most={"loss": -1.0, "val_loss": -1.0})
def likelihood_through_zero(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence and rules of relative size: the loss falls through zero and goes on.

    The negative logarithm of a density of which the model gives mean and deviation has no bound at
    zero, but one at the noise of the data.
    """

    def negative_log_density(target: Any, output: Any) -> Any:
        mean, log_variance = output[:, :1], output[:, 1:]
        return 0.5 * (log_variance + ops.square(target - mean) * ops.exp(-log_variance))

    x, y = plane(begin(seed), noise=0.05)
    model = keras.Sequential(
        [keras.layers.Dense(32, activation="relu"), keras.layers.Dense(2, name="mean_and_spread")]
    )
    optimizer = keras.optimizers.Adam(3e-3)
    return fit(model, x, y, callbacks, optimizer, negative_log_density, epochs=15)


@healthy(at_most={"val_mae": 1.8})
def heavy_tailed_targets(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and exploding gradient: single targets lie dozens of deviations off.

    Student's t with two degrees of freedom, whose absolute mean is 1.41; untrained, it is 2.
    """
    rng = begin(seed)
    x, y = plane(rng, samples=2000)
    noisy = 2 * y + rng.standard_t(2, size=y.shape)
    return fit(mlp(1, units=16), x, noisy, callbacks, "adam", "mse", ["mae"], epochs=12)


@healthy(at_most={"loss": 1.6, "wide_loss": 0.5})
def two_outputs(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules that compare layers: two heads, whose losses differ by a factor of 1000."""
    x, y = plane(begin(seed))
    inputs = keras.Input((10,))
    shared = keras.layers.Dense(32, activation="relu", name="shared")(inputs)
    heads = [keras.layers.Dense(1, name=name)(shared) for name in ("narrow", "wide")]
    model = keras.Model(inputs, heads)
    targets = [0.03 * y, y]
    return fit(model, x, targets, callbacks, "adam", ["mse", "mse"], epochs=10)


RUNS = (
    linear_regression,
    unscaled_targets,
    initial_transient,
    negative_loss,
    likelihood_through_zero,
    heavy_tailed_targets,
    two_outputs,
)

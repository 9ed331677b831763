"""Learning rates that change on purpose."""

from __future__ import annotations

import keras

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, fit_classifier, mlp

rates = keras.optimizers.schedules


@healthy(at_least={"val_accuracy": 0.85})
def linear_warm_up(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning and growth: for two epochs of a rate near zero, hardly anything moves.

    Then the updates grow by orders of magnitude, as they are meant to.
    """
    x, y = clusters(begin(seed), noise=1.5)
    rate = rates.CosineDecay(0.0, 210, warmup_target=0.1, warmup_steps=90)
    optimizer = keras.optimizers.SGD(rate, momentum=0.9)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, epochs=10)


@healthy(at_least={"val_accuracy": 0.85})
def step_decay(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts departures from a baseline: loss and gradient drop at each step of the rate."""
    x, y = clusters(begin(seed), noise=1.5)
    rate = rates.PiecewiseConstantDecay([120, 240], [0.1, 0.02, 0.004])
    optimizer = keras.optimizers.SGD(rate, momentum=0.9)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, epochs=12)


@healthy(at_least={"val_accuracy": 0.85})
def cosine_restarts(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence and spikes: each restart of the rate lifts the loss for a while."""
    x, y = clusters(begin(seed), noise=1.5)
    rate = rates.CosineDecayRestarts(1e-2, 120, t_mul=1.5)
    optimizer = keras.optimizers.Adam(rate)
    return fit_classifier(mlp(3, units=64), x, y, callbacks, optimizer, epochs=15)


@healthy(at_least={"val_accuracy": 0.85})
def rate_cut_on_plateau(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts vanishing updates: the rate is halved until it is close to nothing."""
    x, y = clusters(begin(seed), noise=1.5)
    cut = keras.callbacks.ReduceLROnPlateau(patience=1, factor=0.3)
    optimizer = keras.optimizers.Adam(1e-2)
    return fit_classifier(mlp(3), x, y, [cut, *callbacks], optimizer, epochs=15)


def triangle(step: int, low: float, high: float, half: int) -> float:
    """Returns a rate that rises and falls linearly, over and over (Smith, 2017)."""
    return low + (high - low) * (1 - abs((step // half) % 2 - (step % half) / half))


@healthy(at_least={"val_accuracy": 0.85})
def cyclic_rate(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts an oscillating loss and jumps: the rate goes up and down by a factor of ten."""
    x, y = clusters(begin(seed), noise=1.5)
    cycle = keras.callbacks.LearningRateScheduler(lambda epoch: triangle(epoch, 2e-3, 2e-2, 2))
    optimizer = keras.optimizers.Adam(2e-3)
    return fit_classifier(mlp(3), x, y, [cycle, *callbacks], optimizer, epochs=12)


@healthy(at_least={"val_accuracy": 0.85})
def one_cycle(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence and steps too large: up to a high rate by the middle, and down to none."""
    x, y = clusters(begin(seed), noise=1.5)
    peak = keras.callbacks.LearningRateScheduler(lambda epoch: triangle(epoch, 1e-4, 0.05, 6))
    optimizer = keras.optimizers.SGD(1e-4, momentum=0.9)
    return fit_classifier(mlp(3), x, y, [peak, *callbacks], optimizer, epochs=12)


RUNS = (
    linear_warm_up,
    step_decay,
    cosine_restarts,
    rate_cut_on_plateau,
    cyclic_rate,
    one_cycle,
)

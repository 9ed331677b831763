"""Models that cannot learn as they were built or initialised."""

from __future__ import annotations

import keras

from benchmarks.faulty.outputs import BESIDE_STUCK, STUCK
from benchmarks.faulty.rates import HIGH
from benchmarks.faulty.run import ends, faulty, stays
from benchmarks.healthy.training import Callbacks, begin, clusters, fit_classifier, mlp

L = keras.layers


@faulty(*STUCK, shows=ends("accuracy", at_most=0.4), may_show=BESIDE_STUCK)
def weights_of_nothing(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """All weights begin at zero, so no gradient ever reaches a hidden layer."""
    x, y = clusters(begin(seed), classes=5)
    model = keras.Sequential(
        [
            *[L.Dense(32, activation="relu", kernel_initializer="zeros") for _ in range(3)],
            L.Dense(5, kernel_initializer="zeros"),
        ]
    )
    return fit_classifier(model, x, y, callbacks, epochs=8)


@faulty(
    *STUCK,
    "exploding_gradient",
    "logit_collapse",
    "loss_divergence",
    "update_ratio_high",
    "loss_spike",
    "dead_relu",
    "oscillating_loss",
    shows=ends("accuracy", at_most=0.5),
    epochs=(0, 1),
    may_show=HIGH,
)
def weights_all_alike(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """All weights begin at one, so that all units of a layer are the same unit, and large."""
    x, y = clusters(begin(seed), classes=5)
    model = keras.Sequential(
        [
            *[L.Dense(64, activation="relu", kernel_initializer="ones") for _ in range(3)],
            L.Dense(5, kernel_initializer="ones"),
        ]
    )
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-3), epochs=8)


@faulty(*STUCK, shows=stays("loss", within=0.05), may_show=BESIDE_STUCK, held_out=True)
def frozen_by_mistake(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The whole model was frozen, head and all, and compiled."""
    x, y = clusters(begin(seed), classes=5, noise=2.0)
    model = mlp(5)
    model.build((None, 20))
    for layer in model.layers:
        layer.trainable = False
    return fit_classifier(model, x, y, callbacks, epochs=6)


@faulty(*STUCK, shows=ends("accuracy", at_most=0.4), may_show=BESIDE_STUCK)
def hardly_anything_kept(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A share to keep of 0.01 was taken for one to drop: dropout of 0.99, twice."""
    x, y = clusters(begin(seed), classes=6, noise=2.0)
    model = keras.Sequential(
        [
            L.Dense(32, activation="relu"),
            L.Dropout(0.99),
            L.Dense(32, activation="relu"),
            L.Dropout(0.99),
            L.Dense(6),
        ]
    )
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-3), epochs=8)


@faulty(
    *STUCK,
    "loss_metric_contradiction",
    shows=ends("accuracy", at_most=0.4),
    epochs=(0, 14),
    may_show=(*BESIDE_STUCK, "validation_spike"),
)
def penalty_without_measure(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A penalty of ten on all weights leaves none of them, while the loss falls."""
    x, y = clusters(begin(seed), classes=6)
    heavy = keras.regularizers.L2(10.0)
    model = keras.Sequential(
        [
            L.Dense(32, activation="relu", kernel_regularizer=heavy),
            L.Dense(6, kernel_regularizer=heavy),
        ]
    )
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-3), epochs=20)


@faulty(
    *STUCK,
    "vanishing_gradient",
    "saturated_activation",
    shows=ends("accuracy", at_most=0.4),
    may_show=HIGH,
    held_out=True,
)
def deep_tanh_of_wide_weights(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Twelve layers of tanh begin with weights of deviation one: every unit is at a bound."""
    x, y = clusters(begin(seed), classes=5, noise=3.0)
    wide = keras.initializers.RandomNormal(stddev=1.0)
    model = keras.Sequential(
        [*[L.Dense(64, activation="tanh", kernel_initializer=wide) for _ in range(12)], L.Dense(5)]
    )
    return fit_classifier(model, x, y, callbacks, keras.optimizers.SGD(1e-3), epochs=4)


RUNS = (
    weights_of_nothing,
    weights_all_alike,
    frozen_by_mistake,
    hardly_anything_kept,
    penalty_without_measure,
    deep_tanh_of_wide_weights,
)

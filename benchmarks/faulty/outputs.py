"""Outputs, labels and losses that do not belong together."""

from __future__ import annotations

import keras
import numpy as np
from keras import ops

from benchmarks.faulty.run import ends, faulty, stays
from benchmarks.healthy.training import Callbacks, begin, clusters, fit

L = keras.layers

STUCK = ("not_learning", "chance_accuracy")
BESIDE_STUCK = (
    *STUCK,
    "vanishing_gradient",
    "logit_collapse",
    "update_ratio_low",
    "dead_relu",
    "saturated_activation",
)


@faulty("not_learning", "dead_relu", shows=stays("loss", within=0.3), may_show=BESIDE_STUCK)
def relu_output_of_negative_targets(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A regression of targets below zero ends in a ReLU, which cannot reach them."""
    rng = begin(seed)
    x = rng.normal(size=(1000, 8)).astype(np.float32)
    y = -3 + 0.3 * x[:, :1]
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1, activation="relu")])
    return fit(model, x, y, callbacks, epochs=10)


@faulty(
    *STUCK,
    "saturated_activation",
    shows=ends("accuracy", at_most=0.4),
    may_show=BESIDE_STUCK,
    held_out=True,
)
def saturated_sigmoid_and_squares(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A sigmoid output is far out from the start, and squared error has no gradient there."""
    x, y = clusters(begin(seed), classes=5)
    wide = keras.initializers.RandomNormal(stddev=30.0)
    model = keras.Sequential(
        [L.Dense(32, activation="relu"), L.Dense(5, activation="sigmoid", kernel_initializer=wide)]
    )
    one_hot = keras.utils.to_categorical(y, 5)
    return fit(model, x, one_hot, callbacks, "sgd", "mse", ["accuracy"], epochs=10)


@faulty(*STUCK, shows=ends("accuracy", at_most=0.3), may_show=BESIDE_STUCK)
def squares_of_class_numbers(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The numbers of the classes are compared with a softmax by squared error."""
    x, y = clusters(begin(seed), classes=10)
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(10, activation="softmax")])
    return fit(
        model, x, y[:, None].astype("float32"), callbacks, "adam", "mse", ["accuracy"], epochs=10
    )


@faulty(
    "wrong_logits_pairing",
    *STUCK,
    shows=ends("accuracy", at_most=0.75),
    may_show=(
        *BESIDE_STUCK,
        "loss_spike",
        "loss_divergence",
        "nonfinite_loss",
        "oscillating_loss",
        "loss_metric_contradiction",
        "exploding_gradient",
        "update_ratio_high",
    ),
)
def logits_taken_for_probabilities(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A linear output is given to a cross-entropy that expects probabilities, and clips it."""
    x, y = clusters(begin(seed), classes=2, noise=2.0)
    wide = keras.initializers.RandomNormal(stddev=3.0)
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1, kernel_initializer=wide)])
    return fit(
        model, x, y[:, None], callbacks, "sgd", "binary_crossentropy", ["accuracy"], epochs=10
    )


@faulty("loss_divergence", shows=ends("loss", at_most=-50.0), epochs=(0, 6), held_out=True)
def cross_entropy_of_standard_scores(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """An autoencoder of standardised features is trained by binary cross-entropy, unbounded."""
    rng = begin(seed)
    x = (rng.normal(size=(1000, 4)) @ rng.normal(size=(4, 16))).astype(np.float32)
    model = keras.Sequential(
        [
            L.Dense(16, activation="relu"),
            L.Dense(4),
            L.Dense(32, activation="relu"),
            L.Dense(16, activation="sigmoid"),
        ]
    )
    optimizer = keras.optimizers.Adam(1e-2)
    return fit(model, x, x, callbacks, optimizer, "binary_crossentropy", epochs=40)


@faulty(
    "nonfinite_loss",
    shows=ends("loss", at_most=-1e9),
    may_show=("nonfinite_gradient", "nonfinite_weights"),
)
def poisson_of_a_linear_output(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A Poisson loss takes the logarithm of a linear output, which is below zero."""
    rng = begin(seed)
    x = rng.normal(size=(800, 6)).astype(np.float32)
    y = rng.poisson(np.exp(0.5 * x[:, :1]))
    model = keras.Sequential([L.Dense(16, activation="relu"), L.Dense(1)])
    return fit(model, x, y, callbacks, "adam", "poisson", epochs=5)


@faulty(
    "loss_metric_contradiction",
    *STUCK,
    shows=ends("accuracy", at_most=0.5),
    may_show=BESIDE_STUCK,
)
def weights_of_zero(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The sample weights were computed in integers, and nearly all are zero."""
    x, y = clusters(begin(seed), classes=6)
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(6, activation="softmax")])
    weights = np.where(np.arange(len(x)) % 400 == 0, 1.0, 0.0)
    optimizer = keras.optimizers.SGD(0.05)
    return fit(
        model,
        x,
        y,
        callbacks,
        optimizer,
        "sparse_categorical_crossentropy",
        ["accuracy"],
        epochs=8,
        sample_weight=weights,
        validation_split=0.0,
    )


@faulty("loss_divergence", shows=ends("loss", at_most=-50.0), epochs=(0, 4))
def sign_of_the_loss(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The loss is returned with the wrong sign, so that training drives the error up."""
    rng = begin(seed)
    x = rng.normal(size=(1000, 8)).astype(np.float32)
    y = x[:, :1] - x[:, 1:2]

    def negated(target, output):  # type: ignore[no-untyped-def]
        return -ops.mean(ops.square(target - output), axis=-1)

    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1)])
    return fit(model, x, y, callbacks, "adam", negated, epochs=15)


@faulty(
    *STUCK,
    shows=ends("accuracy", at_most=0.35),
    may_show=(*BESIDE_STUCK, "loss_divergence", "loss_spike", "oscillating_loss"),
    held_out=True,
)
def softmax_over_the_batch(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The softmax runs over the samples of a batch, not over the classes, on shuffled features."""
    rng = begin(seed)
    x, y = clusters(rng, classes=8, noise=4.0)

    def over_the_batch(logits):  # type: ignore[no-untyped-def]
        return ops.softmax(logits, axis=0)

    model = keras.Sequential([L.Dense(16, activation="tanh"), L.Dense(8, over_the_batch)])
    return fit(
        model,
        x,
        y,
        callbacks,
        keras.optimizers.SGD(0.01),
        "sparse_categorical_crossentropy",
        ["accuracy"],
        epochs=6,
    )


RUNS = (
    relu_output_of_negative_targets,
    saturated_sigmoid_and_squares,
    squares_of_class_numbers,
    logits_taken_for_probabilities,
    cross_entropy_of_standard_scores,
    poisson_of_a_linear_output,
    weights_of_zero,
    sign_of_the_loss,
    softmax_over_the_batch,
)

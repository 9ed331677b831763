"""Classifiers: from easy to as hard as noise makes it, from 2 to 1000 classes."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import (
    Callbacks,
    begin,
    clusters,
    cross_entropy,
    fit,
    fit_classifier,
    mlp,
)


@healthy(at_least={"val_accuracy": 0.95}, at_most={"val_loss": 0.2})
def plain_classifier(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts none in particular: the ordinary case, in which nothing at all is to be said."""
    x, y = clusters(begin(seed))
    return fit_classifier(mlp(3), x, y, callbacks, epochs=8)


@healthy(at_least={"val_accuracy": 0.9})
def two_classes(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts the rules on logits and chance: a single sigmoid unit decides between two classes."""
    x, y = clusters(begin(seed), classes=2, noise=1.5)
    model = keras.Sequential(
        [keras.layers.Dense(16, activation="tanh"), keras.layers.Dense(1, activation="sigmoid")]
    )
    return fit(model, x, y, callbacks, "adam", "binary_crossentropy", ["accuracy"], epochs=10)


@healthy(at_least={"val_accuracy": 0.5})
def thousand_classes(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts chance accuracy: of 1000 classes, hardly one is right after the first epochs."""
    x, y = clusters(begin(seed), samples=3000, classes=1000, noise=0.35, features=64)
    return fit_classifier(mlp(1000, units=128), x, y, callbacks, batch_size=64, epochs=12)


@healthy(at_least={"val_accuracy": 0.98, "val_recall": 0.8})
def imbalanced_classes(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts the rules on imbalance and chance: one sample in 25 is positive, and is found."""
    rng = begin(seed)
    x, y = clusters(rng, samples=4000, classes=2)
    kept = (y == 0) | (rng.random(len(y)) < 0.04)
    model = keras.Sequential(
        [keras.layers.Dense(16, activation="relu"), keras.layers.Dense(1, activation="sigmoid")]
    )
    seen = ["accuracy", keras.metrics.Recall(name="recall")]
    return fit(model, x[kept], y[kept], callbacks, "adam", "binary_crossentropy", seen, epochs=12)


@healthy(at_least={"accuracy": 0.58, "val_accuracy": 0.5}, at_most={"accuracy": 0.75})
def label_noise(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: half of the labels are drawn at random, so the loss stays high.

    Two thirds of the labels are right, and nothing can do better than that.
    """
    rng = begin(seed)
    x, y = clusters(rng)
    random = rng.random(len(y)) < 0.5
    y[random] = rng.integers(0, 3, random.sum())
    return fit_classifier(mlp(3, units=8), x, y, callbacks, epochs=15)


@healthy(at_least={"val_accuracy": 0.56}, at_most={"val_accuracy": 0.68})
def weak_signal(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: an honest plateau, at the best accuracy there is, which is 0.62.

    As with clicks or prices: nearly all is chance, and the loss of the best model is only four
    percent below that of guessing, 0.69.
    """
    rng = begin(seed)
    x = rng.normal(size=(8000, 10)).astype(np.float32)
    probability = np.where(x[:, 0] > 0, 0.62, 0.38)
    y = (rng.random(len(x)) < probability).astype(np.int64)
    optimizer = keras.optimizers.Adam(1e-2)
    return fit_classifier(mlp(2, units=8), x, y, callbacks, optimizer, batch_size=200, epochs=10)


@healthy(at_least={"val_accuracy": 0.6}, at_most={"loss": 0.01})
def scaled_loss(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts a contradiction of loss and accuracy: the loss has a weight of a hundredth.

    A third of the labels are drawn at random, so the accuracy stays where it is early on.
    """
    rng = begin(seed)
    x, y = clusters(rng, samples=4000)
    random = rng.random(len(y)) < 0.33
    y[random] = rng.integers(0, 3, random.sum())
    model = mlp(3, units=8)
    model.compile(
        keras.optimizers.Adam(1e-2),
        cross_entropy(),
        loss_weights=0.01,
        metrics=["accuracy"],
        jit_compile=False,
    )
    return model.fit(
        x, y, validation_split=0.2, epochs=8, batch_size=32, callbacks=list(callbacks), verbose=0
    )


@healthy(at_least={"accuracy": 1.0}, at_most={"loss": 1e-4, "val_loss": 1e-3})
def solved_problem(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts vanishing gradient and logit growth: the loss reaches zero, and the gradient with it.

    It wobbles by large factors down there, where it no longer means anything.
    """
    x, y = clusters(begin(seed), noise=0.1)
    optimizer = keras.optimizers.Adam(1e-2)
    return fit_classifier(mlp(3, units=64), x, y, callbacks, optimizer, epochs=20)


@healthy(at_least={"accuracy": 0.95, "val_accuracy": 0.55})
def mild_overfitting(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts divergence: the validation loss turns and rises, while training is stable."""
    x, y = clusters(begin(seed), samples=300, noise=3.0)
    return fit_classifier(mlp(3, units=64), x, y, callbacks, epochs=25)


@healthy(at_least={"val_accuracy": 0.85})
def single_layer(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules that compare layers: softmax regression has one layer, and probabilities."""
    x, y = clusters(begin(seed), classes=10, noise=1.5)
    model = keras.Sequential([keras.layers.Dense(10, activation="softmax")])
    loss = "sparse_categorical_crossentropy"
    optimizer = keras.optimizers.SGD(0.1)
    return fit(model, x, y, callbacks, optimizer, loss, ["accuracy"], epochs=10)


RUNS = (
    plain_classifier,
    two_classes,
    thousand_classes,
    imbalanced_classes,
    label_noise,
    weak_signal,
    scaled_loss,
    solved_problem,
    mild_overfitting,
    single_layer,
)

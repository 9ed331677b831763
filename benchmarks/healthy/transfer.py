"""Training on from what was trained before. Only the second training is shown to the callbacks."""

from __future__ import annotations

import keras

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, fit_classifier, mlp


@healthy(at_least={"val_accuracy": 0.85})
def frozen_layers(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts vanishing gradient and dead layers: hidden layers are frozen, a new head learns."""
    x, y = clusters(begin(seed), noise=1.5)
    base = mlp(3, units=48)
    fit_classifier(base, x, y, (), epochs=5)
    base.pop()
    base.trainable = False
    model = keras.Sequential([base, keras.layers.Dense(3, name="new_head")])
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(3e-3), epochs=10)


@healthy(at_least={"val_accuracy": 0.85})
def fine_tuning(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts vanishing updates: all layers but the first are trained on, at a very low rate."""
    x, y = clusters(begin(seed), noise=1.5)
    model = mlp(3, units=48)
    fit_classifier(model, x, y, (), epochs=3)
    model.layers[0].trainable = False
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(1e-4), epochs=10)


@healthy(at_least={"val_accuracy": 0.8})
def already_trained(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: a finished model is trained on, and has nothing left to learn.

    The loss is as good in the first step as it ever gets, and so is the accuracy.
    """
    x, y = clusters(begin(seed), samples=3000, noise=2.0)
    model = keras.Sequential([keras.layers.Dense(3, name="head")])
    optimizer = keras.optimizers.Adam(1e-2)
    fit_classifier(model, x, y, (), optimizer, epochs=10)
    optimizer = keras.optimizers.Adam(1e-4)
    return fit_classifier(model, x, y, callbacks, optimizer, batch_size=600, epochs=8)


@healthy(at_least={"val_accuracy": 0.9})
def resumed(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules that count from the start: epochs begin at 5, steps where they had ended."""
    x, y = clusters(begin(seed))
    model = mlp(3)
    fit_classifier(model, x, y, (), epochs=2)
    return model.fit(
        x,
        y,
        validation_split=0.2,
        initial_epoch=5,
        epochs=12,
        callbacks=list(callbacks),
        verbose=0,
    )


RUNS = (frozen_layers, fine_tuning, already_trained, resumed)

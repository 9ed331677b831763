"""A cross-entropy of one's own, computed from probabilities.

In single precision, softmax answers exactly zero for a class that is about 90 below the largest
one. The logarithm of this is infinite, and infinity times the zero of the label is NaN. Readings
differ in strength here, as they do with any gain that is not controlled, and the strongest have the
largest logits: as the net becomes sure, their logits pass the limit in the middle of a training
that goes well. Computed from logits, no exponential is ever divided or put back into a logarithm:
that is what Keras's cross-entropy does, which looks for the logits behind a softmax layer.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, clusters, split
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 8000
NOISE = 0.6
STRENGTH_DEVIATION = 0.8
EPOCHS = 8
LEARNING_RATE = 0.001
FAILING_EPOCH = 2


def readings(seed: int) -> Split:
    """Clusters, every sample multiplied by a log-normal strength; labels are one-hot."""
    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
    x = np.concatenate([data.x, data.validation_x])
    y = np.concatenate([data.y, data.validation_y])
    strength = np.random.default_rng(seed).lognormal(0, STRENGTH_DEVIATION, (len(x), 1))
    return split((x * strength).astype("float32"), np.eye(CLASSES, dtype="float32")[y])


def crossentropy_of_probabilities(labels: Any, probabilities: Any) -> Any:
    """Cross-entropy as the textbook writes it."""
    from keras import ops

    return -ops.sum(labels * ops.log(probabilities), axis=-1)


def training(seed: int, softmax: bool, own_loss: bool = False) -> Training:
    """Classify readings from probabilities or logits, with a loss of one's own or Keras's."""
    import keras

    data = readings(seed)
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(64, activation="relu", name="hidden"),
            keras.layers.Dense(CLASSES, name="classes"),
        ],
        name="readings_classifier",
    )
    if softmax:
        model.add(keras.layers.Softmax(name="probabilities"))
    loss = keras.losses.CategoricalCrossentropy(from_logits=not softmax)
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        crossentropy_of_probabilities if own_loss else loss,
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="crossentropy_of_zero",
    title="A cross-entropy computed from probabilities is suddenly NaN",
    problems=(6, 7),
    story=(
        "A loss of one's own takes the logarithm of the softmax layer's probabilities. It falls "
        "for two epochs with calm gradients, until in epoch 2 the probability of a wrong class is "
        "rounded to zero for one strong reading: loss, gradients and weights are NaN from one "
        "step to the next. Mended by Keras's cross-entropy with from_logits=True and no softmax "
        "layer; or with the softmax layer, whose logits Keras's own loss recovers."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, softmax=True, own_loss=True),
            expected=(
                Expectation("nonfinite_loss", FAILING_EPOCH),
                Expectation("nonfinite_gradient", FAILING_EPOCH),
                Expectation("nonfinite_weights", FAILING_EPOCH),
            ),
            may_show=("logit_growth", "chance_accuracy", "unscaled_input"),
        ),
        DemoRun(name="fixed", training=partial(training, softmax=False)),
        DemoRun(name="fixed_by_keras_loss", training=partial(training, softmax=True)),
    ),
)

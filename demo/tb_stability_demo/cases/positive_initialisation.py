"""A balanced classifier that sits at chance, its logits large and nearly equal.

The weights are drawn between 0 and 1, as ``np.random.rand`` and ``tf.random.uniform`` do unless
told otherwise. No unit's summands cancel: the hidden units all sit at the upper bound of tanh,
whatever the sample, and each logit is the sum of 128 positive weights. The gradient stops at the
saturated units, so that the last layer alone can learn, and all that it can learn from inputs that
are always 1 is to prefer no class. Softmax is indifferent to what the logits have in common: they
become equal, and stay large.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

if TYPE_CHECKING:
    import keras

CLASSES = 8
SAMPLES = 6400
UNITS = 128
EPOCHS = 8
LEARNING_RATE = 0.001


def as_intensities(x: np.ndarray) -> np.ndarray:
    """Squash features into 0 to 1, like the pixels of an image."""
    return 1 / (1 + np.exp(-x))


def positive_weights() -> keras.initializers.Initializer:
    """Draw weights as one is bound to who knows only that they should be random."""
    import keras

    return keras.initializers.RandomUniform(0.0, 1.0)


def glorot_weights() -> keras.initializers.Initializer:
    """Draw weights of either sign, the smaller the more a unit sums up: Keras's default."""
    import keras

    return keras.initializers.GlorotUniform()


def training(
    seed: int,
    weights: Callable[[], keras.initializers.Initializer],
) -> Training:
    """Classify balanced clusters from the initial weights given."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES)
    data = data._replace(x=as_intensities(data.x), validation_x=as_intensities(data.validation_x))
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            *(
                keras.layers.Dense(
                    UNITS, activation="tanh", kernel_initializer=weights(), name=f"hidden_{number}"
                )
                for number in (1, 2)
            ),
            keras.layers.Dense(
                CLASSES, activation="softmax", kernel_initializer=weights(), name="classes"
            ),
        ],
        name="balanced_classifier",
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="positive_initialisation",
    title="A balanced classifier sits at chance; its logits are large and nearly equal",
    problems=(5, 15),
    story=(
        "Eight balanced classes, and an accuracy of one in eight from the first epoch to the last. "
        "All weights were drawn between 0 and 1: the hidden units are saturated, the logits of "
        "all classes are above 60 and become equal within the first epoch. Mended by initial "
        "weights of both signs, scaled to the number of inputs (Glorot, Keras's default)."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, weights=positive_weights),
            expected=(
                Expectation("saturated_activation", 0),
                Expectation("chance_accuracy", 0),
                Expectation("logit_collapse", 0, "output"),
            ),
            may_show=(
                *NOTHING_LEARNT,
                "logit_growth",
                "oscillating_loss",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, weights=glorot_weights)),
    ),
)

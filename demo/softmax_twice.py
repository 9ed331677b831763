"""Softmax applied twice: a softmax output, and a loss told that it gets logits.

Keras's plain cross-entropies notice a softmax output under ``from_logits=True`` on TensorFlow,
recover the logits and warn. The focal losses do not: they apply softmax to the probabilities again,
without a word. The second softmax gets numbers between 0 and 1 only and answers with nearly equal
probabilities whatever the net says: the loss has a floor high above zero, and hardly a gradient.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from demo.case import DemoCase, DemoRun, Expectation
from demo.data import clusters

if TYPE_CHECKING:
    import keras

SEED = 1
CLASSES = 40
SAMPLES = 8000
EPOCHS = 8
LEARNING_RATE = 0.1


def train(
    callbacks: Sequence[keras.callbacks.Callback], from_logits: bool
) -> keras.callbacks.History:
    """Tell many classes apart from a softmax output, with the focal loss."""
    import keras

    keras.utils.set_random_seed(SEED)
    data = clusters(SEED, SAMPLES, CLASSES)
    one_hot = np.eye(CLASSES, dtype="float32")
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(64, activation="relu", name="hidden"),
            keras.layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="many_classes",
    )
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE),
        keras.losses.CategoricalFocalCrossentropy(alpha=1.0, from_logits=from_logits),
        metrics=["accuracy"],
    )
    return model.fit(
        data.x,
        one_hot[data.y],
        validation_data=(data.validation_x, one_hot[data.validation_y]),
        epochs=EPOCHS,
        batch_size=64,
        callbacks=list(callbacks),
        verbose=0,
    )


CASE = DemoCase(
    name="softmax_twice",
    title="A softmax output with from_logits=True: no error, no warning, and it hardly learns",
    cases=(6,),
    story=(
        "Forty classes, a softmax output and a focal loss with from_logits=True, which applies "
        "softmax once more. Nothing is unstable: the loss just stays where it was, and after "
        "eight epochs fewer than one in ten samples is classified correctly. Mended by "
        "from_logits=False; nothing else is changed."
    ),
    faulty=DemoRun(
        name="faulty",
        train=partial(train, from_logits=True),
        expected=(Expectation("wrong_logits_pairing", 0, "output"),),
        may_show=(
            "not_learning",
            "chance_accuracy",
            "vanishing_gradient",
            "logit_collapse",
            "update_ratio_low",
        ),
    ),
    fixed=DemoRun(name="fixed", train=partial(train, from_logits=False), expected=()),
)

"""Softmax applied twice: a softmax output, and a loss told that it gets logits.

Keras's plain cross-entropies notice a softmax output under ``from_logits=True`` on TensorFlow,
recover the logits and warn. The focal losses do not: they apply softmax to the probabilities again,
without a word. The second softmax gets numbers between 0 and 1 only and answers with nearly equal
probabilities whatever the net says: the loss has a floor high above zero, and hardly a gradient.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 40
SAMPLES = 8000
EPOCHS = 8
LEARNING_RATE = 0.1


def training(seed: int, from_logits: bool) -> Training:
    """Tell many classes apart from a softmax output, with the focal loss."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES)
    one_hot = np.eye(CLASSES, dtype="float32")
    data = data._replace(y=one_hot[data.y], validation_y=one_hot[data.validation_y])
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
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="softmax_twice",
    title="A softmax output with from_logits=True: no error, no warning, and it hardly learns",
    problems=(6,),
    story=(
        "Forty classes, a softmax output and a focal loss with from_logits=True, which applies "
        "softmax once more. Nothing is unstable: the loss just stays where it was, and after "
        "eight epochs fewer than one in ten samples is classified correctly. Mended by "
        "from_logits=False; nothing else is changed."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, from_logits=True),
            expected=(Expectation("wrong_logits_pairing", 0, "output"),),
            may_show=NOTHING_LEARNT,
        ),
        DemoRun(name="fixed", training=partial(training, from_logits=False)),
    ),
)

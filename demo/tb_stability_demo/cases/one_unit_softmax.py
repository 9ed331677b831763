"""Two classes, decided by a softmax of one unit: the loss is zero, and nothing is learnt.

Softmax shares out a probability of one between the classes, so a single unit always gets all of it,
whatever its input is. Keras's cross-entropy then finds the only class there is with certainty: it
is zero from the first step on, and so is every gradient, while accuracy stays where guessing is. A
single unit that decides between two classes takes a sigmoid.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

SAMPLES = 4800
EPOCHS = 6
LEARNING_RATE = 0.003


def training(seed: int, activation: str, loss: str) -> Training:
    """Tell two classes apart with a single output unit."""
    import keras

    data = clusters(seed, SAMPLES, classes=2)
    data = data._replace(
        y=data.y.astype(np.float32)[:, None],
        validation_y=data.validation_y.astype(np.float32)[:, None],
    )
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(32, activation="relu", name="hidden"),
            keras.layers.Dense(1, activation=activation, name="positive"),
        ],
        name="two_classes",
    )
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss, metrics=["accuracy"])
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="one_unit_softmax",
    title="The loss is zero, and accuracy stays at chance",
    problems=(6,),
    story=(
        "A classifier of two classes with a softmax of one unit and categorical cross-entropy. The "
        "loss is zero in every step and accuracy one half. Mended by a sigmoid and binary "
        "cross-entropy."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, activation="softmax", loss="categorical_crossentropy"),
            expected=(Expectation("loss_metric_contradiction", 0),),
            may_show=(*NOTHING_LEARNT, "wrong_logits_pairing"),
        ),
        DemoRun(
            name="fixed",
            training=partial(training, activation="sigmoid", loss="binary_crossentropy"),
        ),
    ),
)

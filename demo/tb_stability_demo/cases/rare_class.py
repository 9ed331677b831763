"""A classifier that never looks at its inputs, since nearly all labels are of one class.

One sample in thirty is a defect. To answer "no defect" to everything is right in 97 of 100 cases,
and the last layer's bias learns it within an epoch. What the few defects could add to that is less
than what L2 takes for the weights that would tell them apart: the weights go to zero, and the
answer is the same for all samples. Weighted by its rarity, a defect counts as much as thirty sound
samples, and is worth its weights.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, clusters, split
from tb_stability_demo.training import Training

SAMPLES = 14000
SOUND_PER_DEFECT = 30
NOISE = 0.4
EPOCHS = 6
LEARNING_RATE = 0.005
PENALTY = 0.1


def inspections(seed: int) -> Split:
    """Draw sound samples and few defects, of several clusters each."""
    data = clusters(seed, SAMPLES, classes=2, noise=NOISE)
    x = np.concatenate([data.x, data.validation_x])
    y = np.concatenate([data.y, data.validation_y])
    kept = (y == 0) | (np.cumsum(y) % SOUND_PER_DEFECT == 0)
    return split(x[kept], y[kept])


def training(seed: int, weighted: bool) -> Training:
    """Find the defects, with or without weights for the classes."""
    import keras

    data = inspections(seed)
    penalty = keras.regularizers.L2(PENALTY)
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(32, activation="relu", kernel_regularizer=penalty, name="hidden"),
            keras.layers.Dense(2, activation="softmax", kernel_regularizer=penalty, name="classes"),
        ],
        name="inspection",
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    share = np.bincount(data.y) / len(data.y)
    weights = dict(enumerate(0.5 / share)) if weighted else None
    return Training(model, data, EPOCHS, options={"class_weight": weights})


CASE = DemoCase(
    name="rare_class",
    title="Accuracy is 97 % from the first epoch, and no sample of the rare class is found",
    problems=(11, 15),
    story=(
        "Three samples in a hundred are defects. The classifier learns within an epoch that "
        "defects are rare, and nothing after that: the L2 penalty is worth more to it than the few "
        "defects are. Mended by class weights, under the same penalty."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, weighted=False),
            expected=(
                Expectation("imbalanced_classes", 0),
                Expectation("chance_accuracy", 0),
            ),
            may_show=NOTHING_LEARNT,
        ),
        DemoRun(name="fixed", training=partial(training, weighted=True)),
    ),
)

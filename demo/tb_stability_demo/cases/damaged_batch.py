"""One damaged batch, after which a net never learns again.

Readings come in as a stream. For the length of one batch a device sent them in another unit, a
thousand times too large. So is the gradient of this single step: it throws the weights so far that
no hidden unit is above zero for any sample, and a ReLU that is zero for all has no gradient to
come back with. Clipped to the norm that was usual before, the same step is one like any other.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, clusters
from tb_stability_demo.training import Training

CLASSES = 6
NOISE = 1.0
EPOCHS = 8
STEPS_PER_EPOCH = 50
BATCH_SIZE = 64
VALIDATION_SHARE = 0.2
DAMAGED_EPOCH = 4
DAMAGED_STEP = 25
TIMES_TOO_LARGE = 1000
LEARNING_RATE = 0.05
CLIPNORM = 2.0


def stream(seed: int) -> Split:
    """Draw readings in the order in which they come in; those of one batch are too large.

    The classes overlap, so that some readings of any batch are classified wrongly: of those that
    are classified correctly, the larger ones are only more certain, and have no gradient.
    """
    samples = round(EPOCHS * STEPS_PER_EPOCH * BATCH_SIZE / (1 - VALIDATION_SHARE))
    data = clusters(seed, samples, CLASSES, noise=NOISE)
    first = (DAMAGED_EPOCH * STEPS_PER_EPOCH + DAMAGED_STEP) * BATCH_SIZE
    x = np.copy(data.x)
    x[first : first + BATCH_SIZE] *= TIMES_TOO_LARGE
    return data._replace(x=x)


def training(seed: int, clipnorm: float | None) -> Training:
    """Classify the stream: every step brings new data, an epoch is a report."""
    import keras

    data = stream(seed)
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(48, activation="relu", name="hidden_1"),
            keras.layers.Dense(48, activation="relu", name="hidden_2"),
            keras.layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="stream_classifier",
    )
    model.compile(
        keras.optimizers.SGD(LEARNING_RATE, momentum=0.9, global_clipnorm=clipnorm),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    options = {"steps_per_epoch": STEPS_PER_EPOCH, "shuffle": False}
    return Training(model, data, EPOCHS, BATCH_SIZE, options=options)


CASE = DemoCase(
    name="damaged_batch",
    title="One damaged batch, and the net never learns again",
    problems=(8, 15),
    story=(
        "A classifier learns from a stream of readings. One batch in epoch 4 is a thousand times "
        "too large, and its gradient with it: the units die in this step, and the loss stays at "
        "log 6 from then on. Mended by gradient clipping, which leaves the step its direction, "
        "and takes its length."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, clipnorm=None),
            expected=(
                Expectation("exploding_gradient", DAMAGED_EPOCH),
                Expectation("loss_divergence", DAMAGED_EPOCH),
            ),
            may_show=(
                "loss_spike",
                "dead_relu",
                "update_ratio_high",
                "weight_growth",
                "vanishing_gradient",
                "chance_accuracy",
                "logit_collapse",
                "logit_growth",
                "unscaled_input",
                "validation_spike",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, clipnorm=CLIPNORM)),
    ),
)

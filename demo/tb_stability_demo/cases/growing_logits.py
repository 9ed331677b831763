"""Logits that grow until softmax rounds a probability to zero, since each step is of one size.

Lion moves every weight by the learning rate, however small the gradient is: it takes its sign. A
problem that is as good as solved is no reason for it to stop, and the weights of three layers grow
together, so that the logits grow by a factor of three in an epoch. Its authors advise a rate three
to ten times below Adam's, with more weight decay (Chen et al., Symbolic Discovery of Optimization
Algorithms, 2023); here it gets one that is usual for Adam after a warm-up, and none. The loss is
the textbook's, from probabilities: at a distance of about 90 between two logits, the smaller
probability is zero, and its logarithm infinite.

With smoothed labels the loss has its least at finite logits, and there they stay.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.cases.crossentropy_of_zero import crossentropy_of_probabilities
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 6
SAMPLES = 6400
NOISE = 0.5
EPOCHS = 9
WARM_UP_EPOCHS = 4
WARM_UP_RATE = 0.0002
FULL_RATE = 0.002
SMOOTHING = 0.1
OVERFLOW_EPOCH = 6


def training(seed: int, smoothing: float) -> Training:
    """Classify clusters, with labels from which all classes share a part."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES, noise=NOISE)
    label = np.eye(CLASSES, dtype="float32") * (1 - smoothing) + smoothing / CLASSES
    data = data._replace(y=label[data.y], validation_y=label[data.validation_y])
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(32, activation="relu", name="hidden_1"),
            keras.layers.Dense(32, activation="relu", name="hidden_2"),
            keras.layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="cluster_classifier",
    )
    model.compile(
        keras.optimizers.Lion(WARM_UP_RATE), crossentropy_of_probabilities, metrics=["accuracy"]
    )
    warm_up = keras.callbacks.LearningRateScheduler(
        lambda epoch, _: WARM_UP_RATE if epoch < WARM_UP_EPOCHS else FULL_RATE
    )
    return Training(model, data, EPOCHS, schedule=warm_up)


CASE = DemoCase(
    name="growing_logits",
    title="A net that is sure of itself: its logits grow until the loss is NaN",
    problems=(6,),
    story=(
        "A classifier is trained with Lion, at Adam's rate after four epochs of warm-up. From "
        "epoch 4 its logits grow by a factor of ten and more, although nearly all samples are "
        "classified correctly, until softmax rounds a probability to zero and the loss, which is "
        "computed from probabilities, is NaN. Mended by label smoothing."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, smoothing=0.0),
            expected=(
                Expectation("logit_growth", WARM_UP_EPOCHS, "output"),
                Expectation("nonfinite_loss", OVERFLOW_EPOCH),
            ),
            may_show=(
                "nonfinite_gradient",
                "nonfinite_weights",
                "exploding_gradient",
                "weight_growth",
                "update_ratio_high",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, smoothing=SMOOTHING)),
    ),
)

"""A loss that swings to and fro and gets nowhere, since each step is as long as the valley is wide.

All samples are taken into one step, so that there is no noise to blame. Intensities are positive,
and weights that change together change every answer at once: that is the steep direction of the
loss. At too high a rate a step crosses the valley to the other slope, the next one comes back, and
what is to be learnt in all the other directions is drowned. At less than half of the rate the loss
falls in every step. The two slopes are not alike, since positive samples are rarer than others:
that is why the swing shows in the loss.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

SAMPLES = 4000
FEATURES = 24
EPOCHS = 20
HIGH_RATE = 1.8
LOW_RATE = 0.8
POSITIVE_SHARE = 0.28
SIGNAL = 5.0


def pictures(seed: int) -> Split:
    """Draw intensities from 0 to 1; the label depends on them a little, and on chance.

    The same share is positive from every seed: it decides how unlike the two slopes are.
    """
    rng = np.random.default_rng(seed)
    x = rng.random((SAMPLES, FEATURES))
    direction = rng.normal(0, 1, FEATURES)
    signal = (x - 0.5) @ (SIGNAL * direction / np.linalg.norm(direction))
    score = signal + rng.logistic(size=SAMPLES)
    y = score > np.quantile(score, 1 - POSITIVE_SHARE)
    return split(x.astype("float32"), y.astype("float32")[:, None])


def training(seed: int, rate: float) -> Training:
    """Logistic regression by plain gradient descent, one step an epoch."""
    import keras

    data = pictures(seed)
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(
                1, activation="sigmoid", kernel_initializer="zeros", name="positive"
            ),
        ],
        name="logistic_regression",
    )
    model.compile(keras.optimizers.SGD(rate), "binary_crossentropy")
    return Training(model, data, EPOCHS, batch_size=len(data.x))


CASE = DemoCase(
    name="swinging_loss",
    title="The loss goes up and down by turns, and gets nowhere",
    problems=(12,),
    story=(
        "Logistic regression on intensities from 0 to 1, by gradient descent on all samples at "
        "once. At a rate of 1.8 the loss alternates between two values, epoch after epoch. Mended "
        "by a rate of 0.8."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, rate=HIGH_RATE),
            expected=(Expectation("oscillating_loss", 0),),
            may_show=(
                "update_ratio_high",
                "not_learning",
                "loss_spike",
                "loss_divergence",
                "epoch_boundary_jump",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, rate=LOW_RATE)),
    ),
)

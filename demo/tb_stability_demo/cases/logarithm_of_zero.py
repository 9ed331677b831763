"""The logarithm of a target that is zero, on one day of many.

Sales are forecast by their relative error: the loss is the squared difference of logarithms. On a
single day in the stream of data a shop was shut and sold nothing. The logarithm of that zero is
minus infinity: the loss is infinite in this very step, after gradients that were calm to the last,
and the update that follows leaves no weight finite. Keras's own squared logarithmic error adds one
to both sides first.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

FEATURES = 8
EPOCHS = 8
STEPS_PER_EPOCH = 50
BATCH_SIZE = 64
VALIDATION_DAYS = 1600
SHUT_EPOCH = 5
SHUT_STEP = 20
LEARNING_RATE = 0.002


def sales(seed: int) -> Split:
    """Days of many shops, in the order in which they come in, and how much was sold on each."""
    rng = np.random.default_rng(seed)
    days = EPOCHS * STEPS_PER_EPOCH * BATCH_SIZE
    total = days + VALIDATION_DAYS
    x = rng.normal(0, 1, (total, FEATURES))
    effect = x @ rng.normal(0, 0.3, FEATURES) + 0.5 * np.abs(x[:, 0]) + rng.normal(0, 0.1, total)
    sold = np.maximum(np.round(20 * np.exp(effect)), 1)
    sold[(SHUT_EPOCH * STEPS_PER_EPOCH + SHUT_STEP) * BATCH_SIZE] = 0
    return split(x.astype("float32"), sold.astype("float32")[:, None], VALIDATION_DAYS / total)


def squared_relative_error(sold: Any, forecast: Any) -> Any:
    """Squared difference of logarithms, which a target of zero makes infinite."""
    from keras import ops

    return ops.mean(ops.square(ops.log(sold) - ops.log(forecast)), axis=-1)


def training(seed: int, loss: Any) -> Training:
    """Forecast sales day by day: every step brings new data, an epoch is a report."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((FEATURES,)),
            keras.layers.Dense(64, activation="relu", name="hidden"),
            # Exponential, as sales are never negative and vary by factors.
            keras.layers.Dense(1, activation="exponential", name="forecast"),
        ],
        name="sales_forecast",
    )
    model.compile(keras.optimizers.Adam(LEARNING_RATE), loss)
    # Fewer steps than there are data: `fit` goes on with the next ones in the next epoch.
    options = {"steps_per_epoch": STEPS_PER_EPOCH, "shuffle": False}
    return Training(model, sales(seed), EPOCHS, BATCH_SIZE, options=options)


CASE = DemoCase(
    name="logarithm_of_zero",
    title="NaN from log(0) in a loss, out of calm gradients",
    problems=(7,),
    story=(
        "Sales are forecast with the squared difference of logarithms as loss. In step 20 of "
        "epoch 5 one target is zero: the loss is infinite in this step, the weights are NaN after "
        "it. No gradient had grown before. Mended by Keras's mean_squared_logarithmic_error, "
        "which takes the logarithm of one plus the value."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, loss=squared_relative_error),
            expected=(
                Expectation(
                    "nonfinite_loss", SHUT_EPOCH, step=SHUT_EPOCH * STEPS_PER_EPOCH + SHUT_STEP + 1
                ),
                Expectation("nonfinite_gradient", SHUT_EPOCH),
            ),
            may_show=("nonfinite_weights",),
        ),
        DemoRun(name="fixed", training=partial(training, loss="mean_squared_logarithmic_error")),
    ),
)

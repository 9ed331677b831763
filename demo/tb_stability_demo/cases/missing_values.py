"""A NaN in the data, which makes everything NaN at once.

One reading in a thousand is missing and stands in the table as NaN. The first batch with one of
them makes the loss NaN, its gradient too, and after this step no weight is a number any more. The
missing readings are replaced by the mean of the others, as nearly every program that prepares data
offers.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import clusters
from tb_stability_demo.training import Training

CLASSES = 4
SAMPLES = 6400
MISSING_SHARE = 0.001
EPOCHS = 6
LEARNING_RATE = 0.003


def training(seed: int, filled: bool) -> Training:
    """Classify readings of which some are missing, or were filled in."""
    import keras

    data = clusters(seed, SAMPLES, CLASSES)
    missing = np.random.default_rng(seed).random(data.x.shape) < MISSING_SHARE
    # The mean of a feature is zero.
    data = data._replace(x=np.where(missing, 0.0 if filled else np.nan, data.x).astype("float32"))
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.Dense(48, activation="tanh", name="hidden"),
            keras.layers.Dense(CLASSES, activation="softmax", name="classes"),
        ],
        name="readings_classifier",
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="missing_values",
    title="The loss is NaN from the first steps on: NaN in the data",
    problems=(3,),
    story=(
        "One reading in a thousand is NaN. The first batch that holds one turns the loss and all "
        "weights into NaN. Mended by filling in the mean."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, filled=False),
            expected=(Expectation("nonfinite_input", 0), Expectation("nonfinite_loss", 0)),
            may_show=("nonfinite_gradient", "nonfinite_weights", "dead_relu"),
        ),
        DemoRun(name="fixed", training=partial(training, filled=True)),
    ),
)

"""An LSTM whose gates are saturated by its initial weights.

The weights were drawn with a deviation of 5, as of a program that took the argument for something
else. Whatever comes in, the gates are shut or wide open, and no gradient passes through a sigmoid
that is 0 or 1 to the last digit: neither the gates nor what they let through can be learnt. Keras's
own initialisation scales the weights to the number of inputs and makes the recurrent ones
orthogonal, so that the state keeps its size.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.cases.unscaled_lstm import PERIODS, recordings
from tb_stability_demo.training import Training

EPOCHS = 8
LEARNING_RATE = 0.003
DEVIATION = 5.0


def wide_weights() -> dict[str, Any]:
    """Arguments of a layer whose weights are drawn far too large."""
    import keras

    weights = keras.initializers.RandomNormal(stddev=DEVIATION)
    return {"kernel_initializer": weights, "recurrent_initializer": weights.clone()}


def usual_weights() -> dict[str, Any]:
    """Arguments of a layer with Keras's own initialisation: none."""
    return {}


def training(seed: int, weights: Callable[[], dict[str, Any]]) -> Training:
    """Classify scaled recordings."""
    import keras

    data = recordings(seed)
    mean, deviation = data.x.mean(), data.x.std()
    data = data._replace(
        x=(data.x - mean) / deviation, validation_x=(data.validation_x - mean) / deviation
    )
    model = keras.Sequential(
        [
            keras.Input(data.x.shape[1:]),
            keras.layers.LSTM(32, name="lstm", **weights()),
            keras.layers.Dense(len(PERIODS), activation="softmax", name="classes"),
        ],
        name="recordings_classifier",
    )
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="wide_initialisation",
    title="An LSTM does not learn: its gates are saturated by its initial weights",
    problems=(11, 15),
    story=(
        "The recordings of unscaled_lstm, scaled, and an LSTM whose weights are drawn with a "
        "deviation of 5. Its gates are saturated from the first step on, and it learns nothing. "
        "Mended by Keras's own initialisation."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, weights=wide_weights),
            expected=(Expectation("gate_saturation", 0),),
            may_show=(*NOTHING_LEARNT, "saturated_activation"),
        ),
        DemoRun(name="fixed", training=partial(training, weights=usual_weights)),
    ),
)

"""An LSTM whose gates are shut or wide open from the first step, since its inputs are not scaled.

Air pressure is around 1013 hectopascal, and what tells the weather are a few of them more or less.
Multiplied by weights of ordinary size, a gate gets a hundred and more, where the sigmoid is 0 or 1
to the last digit: the state keeps or forgets everything, whatever the series does, and no gradient
passes through the gates. Where they are open, every time step adds to the state.
Standardised with the training data's mean and deviation, the same LSTM learns in a few epochs.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import NOTHING_LEARNT, DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split, split
from tb_stability_demo.training import Training

SAMPLES = 4000
TIME_STEPS = 24
PERIODS = (4.0, 6.0, 9.0, 14.0)
PRESSURE = 1013.0
PRESSURE_SWING = 6.0
PRESSURE_NOISE = 3.0
EPOCHS = 8
LEARNING_RATE = 0.003


def recordings(seed: int) -> Split:
    """Swings of the air pressure over time; the class is how fast it swings."""
    rng = np.random.default_rng(seed)
    label = rng.permuted(np.arange(SAMPLES) % len(PERIODS))
    period = np.array(PERIODS)[label, None] * rng.uniform(0.9, 1.1, (SAMPLES, 1))
    phase = rng.uniform(0, 2 * np.pi, (SAMPLES, 1))
    swing = np.sin(2 * np.pi * np.arange(TIME_STEPS) / period + phase)
    noise = rng.normal(0, PRESSURE_NOISE, swing.shape)
    x = PRESSURE + PRESSURE_SWING * swing + noise
    return split(x.astype("float32")[:, :, None], label.astype("int32"))


def training(seed: int, scaled: bool) -> Training:
    """Classify recordings as they come, or scaled by a Normalization layer."""
    import keras

    data = recordings(seed)
    model = keras.Sequential([keras.Input(data.x.shape[1:])], name="recordings_classifier")
    if scaled:
        scaling = keras.layers.Normalization(name="scaling")
        scaling.adapt(data.x)
        model.add(scaling)
    model.add(keras.layers.LSTM(32, name="lstm"))
    model.add(keras.layers.Dense(len(PERIODS), activation="softmax", name="classes"))
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return Training(model, data, EPOCHS)


CASE = DemoCase(
    name="unscaled_lstm",
    title="An LSTM does not learn: its gates are saturated by unscaled inputs",
    problems=(11,),
    story=(
        "An LSTM is to tell from the air pressure how fast it swings. Fed with hectopascals as "
        "they come, around 1013, its gates are saturated from the first step, its state grows with "
        "every time step, and accuracy stays at one in four. Mended by a Normalization layer in "
        "front of it."
    ),
    seed=1,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, scaled=False),
            expected=(
                Expectation("gate_saturation", 0),
                Expectation("unscaled_input", 0),
                Expectation("cell_state_growth", 0, "lstm"),
            ),
            may_show=(
                *NOTHING_LEARNT,
                "saturated_activation",
                "oscillating_loss",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, scaled=True)),
    ),
)

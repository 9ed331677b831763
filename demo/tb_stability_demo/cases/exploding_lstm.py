"""An LSTM whose state accumulates over 400 time steps until the loss is infinite.

With ``activation="relu"`` nothing bounds an LSTM's state. Learning to follow the series raises
the gain of the state's feedback to itself, which is harmless while it is below one. The first
update that lifts it above one makes the state grow geometrically over the 400 time steps of a
piece: the loss had been falling in every epoch, and a few steps later it is infinite.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split
from tb_stability_demo.training import Training

SERIES = 960
VALIDATION_SERIES = 160
TIME_STEPS = 400
SHORT_TIME_STEPS = 25
EPOCHS = 10
STEPS_PER_EPOCH = 30
LEARNING_RATE = 0.006


def seasonal_series(seed: int) -> np.ndarray:
    """Series of two overlaid seasons and a little noise, one value longer than ``TIME_STEPS``."""
    rng = np.random.default_rng(seed)
    size = (SERIES + VALIDATION_SERIES, 1, 2)
    period = rng.uniform(8, 40, size)
    phase = rng.uniform(0, 2 * np.pi, size)
    height = rng.uniform(0.3, 1.0, size)
    time = np.arange(TIME_STEPS + 1)[None, :, None]
    seasons = (height * np.sin(2 * np.pi * time / period + phase)).sum(axis=-1)
    return (seasons + rng.normal(0, 0.1, seasons.shape)).astype("float32")


def pieces(values: np.ndarray, time_steps: int) -> np.ndarray:
    """Cut every series into pieces: fewer time steps, more samples, the same values."""
    return values.reshape(-1, time_steps, 1)


def training(seed: int, time_steps: int, clipnorm: float | None) -> Training:
    """Predict the next value of every series at every time step."""
    import keras

    series = seasonal_series(seed)
    now, after = series[:, :-1], series[:, 1:]
    model = keras.Sequential(
        [
            keras.Input((None, 1)),
            keras.layers.LSTM(48, activation="relu", return_sequences=True, name="lstm"),
            keras.layers.Dense(1, name="forecast"),
        ],
        name="next_value",
    )
    model.compile(keras.optimizers.SGD(LEARNING_RATE, momentum=0.9, clipnorm=clipnorm), "mse")
    data = Split(
        pieces(now[:SERIES], time_steps),
        pieces(after[:SERIES], time_steps),
        pieces(now[SERIES:], time_steps),
        pieces(after[SERIES:], time_steps),
    )
    # As many values per step in both runs: what differs is only how far the state is carried.
    return Training(model, data, EPOCHS, batch_size=len(data.x) // STEPS_PER_EPOCH)


CASE = DemoCase(
    name="exploding_lstm",
    title="LSTM with ReLU over long sequences: one step, and the loss is infinite",
    problems=(3,),
    story=(
        "An LSTM with ReLU forecasts series of 400 time steps. The loss falls for six epochs, "
        "then the state grows over the time steps, the gradient leaves its baseline by many orders "
        "of magnitude, and at once loss and gradient are not finite. Mended by cutting the same "
        "data into pieces of 25 time steps, with gradient clipping as a guard. "
        "Clipping alone does not mend it: the state still grows within a sequence."
    ),
    seed=8,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, time_steps=TIME_STEPS, clipnorm=None),
            expected=(
                Expectation("exploding_gradient", 6),
                Expectation("nonfinite_loss", 6),
                Expectation("nonfinite_gradient", 6),
            ),
            may_show=(
                "nonfinite_weights",
                "loss_spike",
                "loss_divergence",
                "validation_spike",
                "cell_state_growth",
                "gate_saturation",
                "update_ratio_high",
            ),
        ),
        DemoRun(
            name="fixed",
            training=partial(training, time_steps=SHORT_TIME_STEPS, clipnorm=1.0),
        ),
    ),
)

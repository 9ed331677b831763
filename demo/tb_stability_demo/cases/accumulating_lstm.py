"""An LSTM that adds up a meter's readings, over so many time steps that its state runs away.

To know the energy used so far an LSTM has to keep its forget gate open: what it remembers is a sum.
While it learns to, the state at the end of 300 time steps grows to several times what it was, and
the loss falls. But the larger the sum and the more steps it went through, the more a small change
of the gate does to it: at a learning rate that is still rising, one step throws the state far off,
the next one farther, until the loss is not finite.

The same readings in pieces of 25 time steps, twelve times as many samples, are learnt by the same
net at the same rates to the end: a state that adds up 25 values stays small.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from tb_stability_demo.case import DemoCase, DemoRun, Expectation
from tb_stability_demo.data import Split
from tb_stability_demo.training import Training

METERS = 1280
VALIDATION_METERS = 160
TIME_STEPS = 300
SHORT_TIME_STEPS = 25
HOURS_PER_STEP = 0.02
EPOCHS = 10
STEPS_PER_EPOCH = 20
FIRST_RATE = 5e-5
LAST_RATE = 5e-3
UNITS = 16
FORGET_BIAS = 2.0

# The initial weights are the same at every seed, which decides the data and their order. From most
# others the loss explodes too, but while the net still learns the mean, and within a few steps.
INITIAL_WEIGHTS = (906691060, 413654000, 955892129)


def power(seed: int) -> np.ndarray:
    """Kilowatts of each meter at each time step: above zero, one on average, slowly changing."""
    rng = np.random.default_rng(seed)
    meters = METERS + VALIDATION_METERS
    demand = np.empty((meters, TIME_STEPS))
    level = rng.normal(size=meters)
    for step in range(TIME_STEPS):
        level = 0.9 * level + np.sqrt(1 - 0.9**2) * rng.normal(size=meters)
        demand[:, step] = level
    return np.exp(0.5 * demand - 0.125).astype("float32")


def pieces(seed: int, time_steps: int) -> Split:
    """Cut the readings into pieces, and sum up the energy from the beginning of each."""
    x = power(seed).reshape(-1, time_steps, 1)
    y = HOURS_PER_STEP * np.cumsum(x, axis=1)
    trained = METERS * TIME_STEPS // time_steps
    return Split(x[:trained], y[:trained], x[trained:], y[trained:])


def open_forget_gates(shape: tuple[int, ...], dtype: Any = None) -> np.ndarray:
    """Initial biases: as Keras's, but with forget gates that are open from the start."""
    input_gate, forget_gate, cell, output_gate = np.zeros((4, shape[0] // 4), dtype)
    return np.concatenate([input_gate, forget_gate + FORGET_BIAS, cell, output_gate])


def training(seed: int, time_steps: int) -> Training:
    """Tell the energy used so far, at every time step, while the learning rate is warmed up."""
    import keras

    data = pieces(seed, time_steps)
    inputs, recurrent, outputs = INITIAL_WEIGHTS
    model = keras.Sequential(
        [
            keras.Input((None, 1)),
            keras.layers.LSTM(
                UNITS,
                activation="relu",
                return_sequences=True,
                kernel_initializer=keras.initializers.GlorotUniform(inputs),
                recurrent_initializer=keras.initializers.Orthogonal(gain=0.5, seed=recurrent),
                unit_forget_bias=False,
                bias_initializer=open_forget_gates,
                name="lstm",
            ),
            keras.layers.Dense(
                1, kernel_initializer=keras.initializers.GlorotUniform(outputs), name="energy"
            ),
        ],
        name="energy_so_far",
    )
    warm_up = keras.optimizers.schedules.ExponentialDecay(
        FIRST_RATE, EPOCHS * STEPS_PER_EPOCH, LAST_RATE / FIRST_RATE
    )
    model.compile(keras.optimizers.SGD(warm_up, momentum=0.9), "mse")
    # As many values per step in both runs: what differs is only how far the state is carried.
    return Training(model, data, EPOCHS, batch_size=len(data.x) // STEPS_PER_EPOCH)


CASE = DemoCase(
    name="accumulating_lstm",
    title="LSTM over long sequences: its state adds up over the time steps, and the loss explodes",
    problems=(4,),
    story=(
        "An LSTM is to tell from a meter's readings the energy used so far, over 300 time steps. "
        "While the loss falls, its state grows over the time steps to several times what it was; "
        "then a step throws it far off, gradient and loss explode, and the loss is not finite. "
        "Mended by cutting the same readings into pieces of 25 time steps: twelve times as many "
        "samples, over which the state stays small."
    ),
    seed=6,
    window_steps=5,
    runs=(
        DemoRun(
            name="faulty",
            training=partial(training, time_steps=TIME_STEPS),
            expected=(
                Expectation("cell_state_growth", 2, "lstm", last_epoch=5),
                Expectation("nonfinite_loss", 4, last_epoch=9),
            ),
            told_first="cell_state_growth",
            may_show=(
                "exploding_gradient",
                "loss_divergence",
                "loss_spike",
                "validation_spike",
                "nonfinite_gradient",
                "nonfinite_weights",
                "weight_growth",
                "update_ratio_high",
                "gate_saturation",
            ),
        ),
        DemoRun(name="fixed", training=partial(training, time_steps=SHORT_TIME_STEPS)),
    ),
)

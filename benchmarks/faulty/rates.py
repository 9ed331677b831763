"""Steps that are too long or too short, for one reason or another."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.faulty.outputs import BESIDE_STUCK, STUCK
from benchmarks.faulty.run import ends, faulty, is_lost, stays
from benchmarks.healthy.training import Callbacks, begin, clusters, fit, fit_classifier, mlp

L = keras.layers
rates = keras.optimizers.schedules

LOST = (
    "nonfinite_loss",
    "nonfinite_gradient",
    "nonfinite_weights",
    "exploding_gradient",
    "update_ratio_high",
    "loss_divergence",
    "loss_spike",
    "weight_growth",
    "logit_growth",
    "cell_state_growth",
    "unscaled_input",
    "oscillating_loss",
    "dead_relu",
    "saturated_activation",
    "gate_saturation",
)
TOO_LONG = ("loss_divergence", "loss_spike", "exploding_gradient", "update_ratio_high")
HIGH = (*LOST, *BESIDE_STUCK)


@faulty("nonfinite_loss", "exploding_gradient", "loss_divergence", shows=is_lost, may_show=LOST)
def plain_descent_of_summed_errors(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The loss is summed over the batch, and the rate is one for a mean."""
    rng = begin(seed)
    x = rng.normal(size=(2000, 20)).astype(np.float32)
    y = (x[:, :5] ** 2).sum(axis=1, keepdims=True)
    loss = keras.losses.MeanSquaredError(reduction="sum")
    optimizer = keras.optimizers.SGD(0.05)
    return fit(mlp(1), x, y, callbacks, optimizer, loss, epochs=6, batch_size=128)


@faulty(
    *STUCK,
    "loss_divergence",
    "dead_relu",
    "update_ratio_high",
    "exploding_gradient",
    "oscillating_loss",
    shows=ends("accuracy", at_most=0.45),
    epochs=(0, 1),
    may_show=HIGH,
)
def adam_at_a_rate_for_descent(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Adam is given a learning rate of 0.5, as one of plain descent."""
    x, y = clusters(begin(seed), classes=10, noise=2.0)
    model = keras.Sequential([*[L.Dense(64, activation="relu") for _ in range(4)], L.Dense(10)])
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(0.5), epochs=10)


@faulty(
    *STUCK,
    *TOO_LONG,
    "dead_relu",
    "oscillating_loss",
    shows=ends("accuracy", at_most=0.45),
    epochs=(0, 1),
    may_show=HIGH,
    held_out=True,
)
def rmsprop_on_images(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A convolutional net is trained by RMSprop at ten times its usual highest rate."""
    rng = begin(seed)
    y = rng.integers(0, 4, 800)
    x = rng.normal(size=(800, 8, 8, 1)).astype(np.float32)
    for index, (row, column) in enumerate(((0, 0), (0, 4), (4, 0), (4, 4))):
        x[y == index, row : row + 4, column : column + 4] += 1.0
    model = keras.Sequential(
        [
            L.Conv2D(16, 3, activation="relu"),
            L.Conv2D(16, 3, activation="relu"),
            L.Flatten(),
            L.Dense(64, activation="relu"),
            L.Dense(4),
        ]
    )
    return fit_classifier(model, x, y, callbacks, keras.optimizers.RMSprop(0.1), epochs=8)


@faulty(
    *TOO_LONG,
    "nonfinite_loss",
    shows=ends("accuracy", at_most=0.8),
    epochs=(7, 8),
    may_show=HIGH,
)
def schedule_with_a_slip(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A schedule goes from 1e-3 to 1 in epoch 8, for want of a minus in an exponent."""
    x, y = clusters(begin(seed), classes=6, noise=2.0)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 1e-3 if epoch < 8 else 1.0)
    return fit_classifier(mlp(6, units=64), x, y, [schedule, *callbacks], epochs=16)


@faulty(*STUCK, "update_ratio_low", shows=ends("accuracy", at_most=0.6), may_show=BESIDE_STUCK)
def decay_by_step(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A decay that was meant by epoch is applied by step, so the rate is nil within ten."""
    x, y = clusters(begin(seed), classes=6, noise=2.0)
    optimizer = keras.optimizers.SGD(rates.ExponentialDecay(1e-2, 1, 0.5))
    return fit_classifier(mlp(6), x, y, callbacks, optimizer, epochs=10)


@faulty(
    "not_learning",
    "update_ratio_low",
    shows=stays("loss", within=0.05),
    may_show=BESIDE_STUCK,
    held_out=True,
)
def adam_at_nothing(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A regression is trained by Adam at 1e-8."""
    rng = begin(seed)
    x = rng.normal(size=(1000, 8)).astype(np.float32)
    y = 2 + x[:, :1]
    return fit(mlp(1), x, y, callbacks, keras.optimizers.Adam(1e-8), epochs=8)


@faulty(*STUCK, "update_ratio_low", shows=ends("accuracy", at_most=0.6), may_show=BESIDE_STUCK)
def clipped_to_nothing(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """The gradient is clipped at a norm of 1e-7."""
    x, y = clusters(begin(seed), classes=6, noise=2.0)
    optimizer = keras.optimizers.SGD(0.1, clipnorm=1e-7)
    return fit_classifier(mlp(6), x, y, callbacks, optimizer, epochs=8)


@faulty(*STUCK, "update_ratio_low", shows=ends("accuracy", at_most=0.5), may_show=BESIDE_STUCK)
def large_epsilon(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Adam has an epsilon of 1000, that swallows its rate."""
    x, y = clusters(begin(seed), classes=6, noise=2.0)
    optimizer = keras.optimizers.Adam(1e-3, epsilon=1000.0)
    return fit_classifier(mlp(6), x, y, callbacks, optimizer, epochs=8)


@faulty(
    "exploding_gradient",
    "nonfinite_loss",
    "cell_state_growth",
    "loss_divergence",
    shows=is_lost,
    epochs=(0, 2),
    may_show=HIGH,
)
def recurrent_relu(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A simple recurrent net of ReLUs runs over 120 steps, without clipping."""
    rng = begin(seed)
    x = rng.normal(size=(400, 120, 2)).astype(np.float32)
    y = x[:, :, 0].mean(axis=1, keepdims=True) * 10
    start = keras.initializers.Orthogonal(1.6)
    model = keras.Sequential(
        [L.SimpleRNN(16, activation="relu", recurrent_initializer=start), L.Dense(1)]
    )
    return fit(model, x, y, callbacks, keras.optimizers.SGD(0.05), epochs=5)


@faulty(
    *TOO_LONG,
    "nonfinite_loss",
    "oscillating_loss",
    shows=ends("loss", at_least=0.6),
    epochs=(1, 7),
    may_show=HIGH,
    held_out=True,
)
def cycle_that_peaks_too_high(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """One cycle of plain descent with momentum climbs to a rate of three."""
    x, y = clusters(begin(seed), classes=6, noise=1.5)
    cycle = keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 * 300 ** (epoch / 8))
    optimizer = keras.optimizers.SGD(0.01, momentum=0.9)
    return fit_classifier(mlp(6, units=64), x, y, [cycle, *callbacks], optimizer, epochs=12)


@faulty(
    "loss_divergence",
    "exploding_gradient",
    "nonfinite_loss",
    shows=ends("loss", at_least=5),
    epochs=(0, 1),
    may_show=HIGH,
)
def residuals_without_norm(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Thirty residual blocks add up without normalisation, at a rate of 0.1."""
    x, y = clusters(begin(seed), classes=6)
    inputs = hidden = keras.Input((20,))
    for _ in range(30):
        hidden = hidden + L.Dense(20, activation="relu", kernel_initializer="he_normal")(hidden)
    model = keras.Model(inputs, L.Dense(6)(hidden))
    return fit_classifier(model, x, y, callbacks, keras.optimizers.SGD(0.1), epochs=5)


@faulty(
    *STUCK,
    *TOO_LONG,
    "oscillating_loss",
    "saturated_activation",
    shows=ends("accuracy", at_most=0.6),
    epochs=(0, 1),
    may_show=HIGH,
    held_out=True,
)
def transformer_without_warm_up(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """A Transformer without layer normalisation starts at the full rate of 0.03."""
    rng = begin(seed)
    x = rng.integers(1, 20, size=(800, 12))
    y = (x == 3).any(axis=1).astype(int) + (x == 7).any(axis=1)
    inputs = keras.Input((12,), dtype="int32")
    hidden = L.Embedding(20, 32)(inputs)
    for _ in range(3):
        hidden = hidden + L.MultiHeadAttention(2, 16)(hidden, hidden)
        hidden = hidden + L.Dense(32)(L.Dense(64, activation="gelu")(hidden))
    model = keras.Model(inputs, L.Dense(3)(L.GlobalAveragePooling1D()(hidden)))
    return fit_classifier(model, x, y, callbacks, keras.optimizers.Adam(0.03), epochs=8)


@faulty(
    *TOO_LONG,
    "oscillating_loss",
    "not_learning",
    shows=lambda logs: is_lost(logs) or logs["loss"][-1] > 0.2 * logs["loss"][0],
    epochs=(0, 3),
    may_show=HIGH,
)
def step_longer_than_the_valley(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Full-batch descent of a quadratic at a rate just beyond twice the inverse curvature."""
    rng = begin(seed)
    x = rng.normal(size=(512, 4)).astype(np.float32) * np.array([3.0, 1, 1, 1], np.float32)
    y = x.sum(axis=1, keepdims=True)
    curvature = 2 * float(np.linalg.eigvalsh(x.T @ x / len(x)).max())
    model = keras.Sequential([L.Dense(1, use_bias=False)])
    optimizer = keras.optimizers.SGD(2.02 / curvature)
    return fit(model, x, y, callbacks, optimizer, epochs=60, batch_size=512, validation_split=0.0)


RUNS = (
    plain_descent_of_summed_errors,
    adam_at_a_rate_for_descent,
    rmsprop_on_images,
    schedule_with_a_slip,
    decay_by_step,
    adam_at_nothing,
    clipped_to_nothing,
    large_epsilon,
    recurrent_relu,
    cycle_that_peaks_too_high,
    residuals_without_norm,
    transformer_without_warm_up,
    step_longer_than_the_valley,
)

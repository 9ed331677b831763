"""Models, batches, labels and optimizers at the ends of what is usual."""

from __future__ import annotations

import keras
import numpy as np

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, fit, fit_classifier, mlp

L = keras.layers


@healthy(at_most={"val_loss": 0.4})
def single_samples(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes: batches of one sample, in a regression with a few far points."""
    rng = begin(seed)
    x = rng.normal(size=(700, 4)).astype(np.float32)
    y = x[:, :1] + 0.3 * rng.normal(size=(700, 1))
    return fit(
        mlp(1, units=16), x, y, callbacks, keras.optimizers.SGD(3e-3), epochs=6, batch_size=1
    )


@healthy(at_least={"val_accuracy": 0.85})
def huge_batches(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules that count steps: 4096 samples a batch, three steps an epoch."""
    x, y = clusters(begin(seed), samples=15000, noise=1.5)
    return fit_classifier(
        mlp(3), x, y, callbacks, keras.optimizers.Adam(1e-2), epochs=25, batch_size=4096
    )


@healthy(at_least={"accuracy": 0.85}, held_out=True)
def a_single_unit(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts growing logits and weights: logistic regression of separable classes, one feature."""
    rng = begin(seed)
    x = rng.normal(size=(1000, 1)).astype(np.float32)
    y = (x > 0.2).astype(np.float32)
    model = keras.Sequential([L.Dense(1, activation="sigmoid")])
    return fit(
        model,
        x,
        y,
        callbacks,
        keras.optimizers.Adam(0.05),
        "binary_crossentropy",
        ["accuracy"],
        epochs=40,
    )


@healthy(at_least={"accuracy": 0.6})
def labels_of_a_long_tail(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts imbalance and chance: 40 classes, of which the first holds a third of the labels."""
    rng = begin(seed)
    x, y = clusters(rng, samples=4000, classes=40, noise=1.0)
    share = 1 / np.arange(1, 41) ** 1.2
    keep = rng.random(len(y)) < share[y]
    return fit_classifier(mlp(40, units=64), x[keep], y[keep], callbacks, epochs=15)


@healthy(at_least={"val_accuracy": 0.8})
def heavy_decay(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts dead units and not learning: AdamW with a weight decay of 0.5."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.AdamW(3e-3, weight_decay=0.5)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, epochs=12)


@healthy(at_least={"val_accuracy": 0.85}, held_out=True)
def by_signs(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts steps too large: Lion moves every weight by the full rate."""
    x, y = clusters(begin(seed), noise=1.5)
    return fit_classifier(mlp(3), x, y, callbacks, keras.optimizers.Lion(1e-3), epochs=12)


@healthy(at_least={"val_accuracy": 0.85})
def factored_moments(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts steps too large: Adafactor scales its steps by the size of the weights."""
    x, y = clusters(begin(seed), noise=1.5)
    return fit_classifier(mlp(3), x, y, callbacks, keras.optimizers.Adafactor(0.02), epochs=15)


@healthy(at_least={"val_accuracy": 0.85})
def orthogonal_steps(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts steps too large: Muon makes every step of a matrix orthogonal."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.Muon(5e-3)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, epochs=12)


@healthy(at_least={"val_accuracy": 0.8}, held_out=True)
def large_epsilon_and_rate(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts steps too large and too small: an epsilon of 0.1 turns Adam into plain descent."""
    x, y = clusters(begin(seed), noise=1.5)
    optimizer = keras.optimizers.Adam(0.05, epsilon=0.1)
    return fit_classifier(mlp(3), x, y, callbacks, optimizer, epochs=12)


@healthy(at_most={"loss": 0.05})
def long_sequences(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts cell-state growth and explosion: an LSTM adds up 150 steps, clipped at one."""
    rng = begin(seed)
    x = rng.uniform(-1, 1, size=(500, 150, 1)).astype(np.float32)
    y = x[:, -20:, 0].mean(axis=1, keepdims=True) * 3
    model = keras.Sequential([L.LSTM(12), L.Dense(1)])
    optimizer = keras.optimizers.Adam(1e-2, clipnorm=1.0)
    return fit(model, x, y, callbacks, optimizer, epochs=10)


@healthy(at_least={"val_accuracy": 0.85}, held_out=True)
def brain_floats(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and non-finite values: activations of eight bits, by policy."""
    x, y = clusters(begin(seed), noise=1.5)
    policy = keras.dtype_policies.DTypePolicy("mixed_bfloat16")
    model = keras.Sequential(
        [
            L.Dense(32, activation="relu", dtype=policy),
            L.Dense(32, activation="relu", dtype=policy),
            L.Dense(3, dtype="float32"),
        ]
    )
    return fit_classifier(model, x, y, callbacks, epochs=10)


@healthy(at_most={"loss": 0.02})
def many_decades(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and oscillation: a smooth function is fitted until Adam rattles at 1e-4."""
    rng = begin(seed)
    x = rng.uniform(-2, 2, size=(256, 1)).astype(np.float32)
    y = np.sin(2 * x)
    model = keras.Sequential(
        [L.Dense(32, activation="tanh"), L.Dense(32, activation="tanh"), L.Dense(1)]
    )
    return fit(model, x, y, callbacks, keras.optimizers.Adam(1e-2), epochs=200, batch_size=128)


@healthy(at_most={"loss": 0.11})
def sparse_pictures(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning and contradiction: most pixels are black, and accuracy says nothing."""
    rng = begin(seed)
    pictures = np.zeros((1000, 12, 12), np.float32)
    for picture in pictures:
        row, column = rng.integers(0, 9, 2)
        picture[row : row + 3, column] = 1
        picture[row, column : column + 3] = 1
    x = pictures.reshape(1000, 144)
    model = keras.Sequential(
        [
            L.Dense(64, activation="relu"),
            L.Dense(16, activation="relu"),
            L.Dense(64, activation="relu"),
            L.Dense(144, activation="sigmoid"),
        ]
    )
    return fit(
        model,
        x,
        x,
        callbacks,
        keras.optimizers.Adam(3e-3),
        "binary_crossentropy",
        ["accuracy"],
        epochs=20,
    )


@healthy(at_least={"accuracy": 0.85}, held_out=True)
def raw_features_normalised_within(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts unscaled input and exploding gradient: features up to 1e5 meet a Normalization."""
    rng = begin(seed)
    x, y = clusters(rng, classes=4)
    x = (x * 10.0 ** rng.uniform(0, 5, size=20)).astype(np.float32)
    normal = L.Normalization()
    normal.adapt(x)
    inputs = keras.Input((20,))
    hidden = L.Dense(32, activation="relu")(normal(inputs))
    return fit_classifier(keras.Model(inputs, L.Dense(4)(hidden)), x, y, callbacks, epochs=10)


RUNS = (
    single_samples,
    huge_batches,
    a_single_unit,
    labels_of_a_long_tail,
    heavy_decay,
    by_signs,
    factored_moments,
    orthogonal_steps,
    large_epsilon_and_rate,
    long_sequences,
    brain_floats,
    many_decades,
    sparse_pictures,
    raw_features_normalised_within,
)

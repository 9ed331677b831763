"""Losses other than cross-entropy and squared error, each with a scale and a floor of its own."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from benchmarks.healthy.run import healthy
from benchmarks.healthy.training import Callbacks, begin, clusters, cross_entropy, fit, mlp

L = keras.layers


@healthy(at_least={"val_accuracy": 0.9})
def smoothed_labels(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: smoothed labels leave a floor of two thirds of what guessing costs."""
    x, y = clusters(begin(seed), classes=4)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.4)
    one_hot = keras.utils.to_categorical(y, 4)
    return fit(mlp(4), x, one_hot, callbacks, "adam", loss, ["accuracy"], epochs=12)


@healthy(at_most={"loss": 0.3})
def triplets(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: a triplet loss starts at its margin and waits there."""
    x, y = clusters(begin(seed), samples=1600, classes=4, noise=1.5)

    def triplet(labels: Any, codes: Any) -> Any:
        distance = ops.sum(ops.square(codes[:, None] - codes[None]), axis=-1)
        same = ops.cast(labels == ops.transpose(labels), "float32")
        farthest = ops.max(distance * same, axis=1)
        nearest = ops.min(distance + 1e6 * same, axis=1)
        return ops.maximum(1.0 + farthest - nearest, 0.0)

    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(8), L.UnitNormalization()])
    optimizer = keras.optimizers.Adam(1e-3)
    return fit(model, x, y[:, None], callbacks, optimizer, triplet, epochs=20)


@healthy(at_most={"loss": 3.0}, held_out=True)
def contrast(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning and chance: two views of each sample among 64 are to be matched."""
    rng = begin(seed)
    base = rng.normal(size=(1280, 10)).astype(np.float32)
    x = np.concatenate(
        [base + 0.3 * rng.normal(size=base.shape), base + 0.3 * rng.normal(size=base.shape)], axis=1
    ).astype(np.float32)

    def matched(_: Any, codes: Any) -> Any:
        first, second = ops.split(codes, 2, axis=1)
        logits = 5.0 * ops.matmul(first, ops.transpose(second))
        return keras.losses.sparse_categorical_crossentropy(
            ops.arange(ops.shape(logits)[0]), logits, from_logits=True
        )

    encoder = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(16), L.UnitNormalization()])
    inputs = keras.Input((20,))
    both = L.Concatenate()([encoder(inputs[:, :10]), encoder(inputs[:, 10:])])
    return fit(
        keras.Model(inputs, both),
        x,
        np.zeros(len(x)),
        callbacks,
        "adam",
        matched,
        epochs=12,
        batch_size=64,
    )


@healthy(at_most={"loss": 12.0})
def connectionist(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes and not learning: CTC falls from 60 to a plateau of blanks, and leaves it."""
    rng = begin(seed)
    y = rng.integers(1, 5, size=(600, 4))
    x = np.repeat(np.eye(5, dtype=np.float32)[y], 5, axis=1)
    x += 0.3 * rng.normal(size=x.shape).astype(np.float32)
    model = keras.Sequential([L.GRU(24, return_sequences=True), L.Dense(5)])
    loss = keras.losses.CTC()
    return fit(model, x, y, callbacks, keras.optimizers.Adam(1e-2), loss, epochs=8)


@healthy(at_most={"loss": 0.55})
def quantiles_of_heavy_tails(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts spikes: the ninetieth percentile of heavy-tailed targets, in batches of 8."""
    rng = begin(seed)
    x = rng.normal(size=(1500, 6)).astype(np.float32)
    y = 3 * x[:, :1] + rng.standard_t(2, size=(1500, 1))

    def pinball(target: Any, output: Any) -> Any:
        error = target - output
        return ops.mean(ops.maximum(0.9 * error, -0.1 * error), axis=-1)

    return fit(mlp(1), x, y, callbacks, "adam", pinball, epochs=12, batch_size=8)


@healthy(at_most={"loss": 0.0})
def counts(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules of relative size: a Poisson loss of counts crosses zero and ends below it."""
    rng = begin(seed)
    x = rng.normal(size=(1500, 6)).astype(np.float32)
    y = rng.poisson(4 * np.exp(0.5 * x[:, :1]))
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1, activation="exponential")])
    return fit(model, x, y, callbacks, "adam", "poisson", epochs=15)


@healthy(at_most={"mae": 0.3}, held_out=True)
def a_constant_beside(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: a term that does not depend on the model makes the loss 100 and more."""
    rng = begin(seed)
    x = rng.normal(size=(1000, 6)).astype(np.float32)
    y = x[:, :1] + 0.1 * rng.normal(size=(1000, 1))

    def lifted(target: Any, output: Any) -> Any:
        return 100.0 + ops.mean(ops.square(target - output), axis=-1)

    return fit(mlp(1), x, y, callbacks, "adam", lifted, ["mae"], epochs=12)


@healthy(at_most={"loss": 0.25})
def ranked_pairs(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules on two classes: a hinge between pairs, of which most are zero in the end."""
    rng = begin(seed)
    left, right = rng.normal(size=(2, 1500, 8)).astype(np.float32)
    sign = np.sign(left[:, :1].sum(axis=1) + left[:, 1] - right[:, 0] - right[:, 1])
    scorer = mlp(1)
    inputs = keras.Input((16,))
    margin = scorer(inputs[:, :8]) - scorer(inputs[:, 8:])
    model = keras.Model(inputs, margin)
    x = np.concatenate([left, right], axis=1)
    return fit(model, x, sign[:, None], callbacks, "adam", "hinge", epochs=12)


@healthy(at_least={"accuracy": 0.7}, held_out=True)
def focal(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts a contradiction: a focal loss is far lower than the errors it sees would cost."""
    x, y = clusters(begin(seed), classes=2, noise=3.5)
    model = keras.Sequential([L.Dense(32, activation="relu"), L.Dense(1, activation="sigmoid")])
    loss = keras.losses.BinaryFocalCrossentropy(gamma=5.0)
    return fit(model, x, y[:, None], callbacks, "adam", loss, ["accuracy"], epochs=12)


@healthy(at_least={"val_accuracy": 0.85})
def distilled(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: the floor is the entropy of the soft answers of a teacher."""
    x, y = clusters(begin(seed), classes=5)
    centres = np.stack([x[y == label].mean(axis=0) for label in range(5)])
    soft = ops.convert_to_numpy(ops.softmax(-0.02 * ((x[:, None] - centres) ** 2).sum(axis=-1)))
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    return fit(mlp(5), x, soft, callbacks, "adam", loss, ["accuracy"], epochs=12)


@healthy(at_least={"class_accuracy": 0.9})
def tasks_of_different_scales(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts rules on the sum: one loss is ten thousand times the other, and soon at its floor."""
    rng = begin(seed)
    x, y = clusters(rng)
    price = 1000 * x[:, :1] + 100 * rng.normal(size=(len(x), 1))
    inputs = keras.Input((20,))
    hidden = L.Dense(32, activation="relu")(inputs)
    model = keras.Model(
        inputs,
        {"class": L.Dense(3, name="class")(hidden), "price": L.Dense(1, name="price")(hidden)},
    )
    model.compile(
        keras.optimizers.Adam(1e-2),
        {"class": cross_entropy(), "price": "mse"},
        loss_weights={"class": 1.0, "price": 1e-4},
        metrics={"class": ["accuracy"]},
        jit_compile=False,
    )
    return model.fit(
        x,
        {"class": y, "price": price},
        validation_split=0.2,
        epochs=15,
        batch_size=32,
        callbacks=list(callbacks),
        verbose=0,
    )


@healthy(at_most={"loss": 1.3}, held_out=True)
def nothing_to_learn(seed: int, callbacks: Callbacks) -> keras.callbacks.History:
    """Tempts not learning: targets are noise, and the honest end is a plateau at their variance."""
    rng = begin(seed)
    x = rng.normal(size=(4000, 4)).astype(np.float32)
    y = rng.normal(size=(4000, 1))
    model = keras.Sequential([L.Dense(16, activation="tanh"), L.Dense(1)])
    return fit(model, x, y, callbacks, "adam", epochs=8)


RUNS = (
    smoothed_labels,
    triplets,
    contrast,
    connectionist,
    quantiles_of_heavy_tails,
    counts,
    a_constant_beside,
    ranked_pairs,
    focal,
    distilled,
    tasks_of_different_scales,
    nothing_to_learn,
)

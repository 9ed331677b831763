"""Kinds of models that people train, and data for them."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf

RNG = np.random.default_rng(7)
X = RNG.normal(size=(28, 6)).astype(np.float32)
Y = RNG.normal(size=(28, 2)).astype(np.float32)
WORDS = RNG.integers(0, 5, size=(28, 6))  # many repeated words in a batch
MANY_WORDS = np.where(RNG.random((28, 6)) < 0.5, 4999, RNG.integers(0, 5000, size=(28, 6)))
CLASSES = RNG.integers(0, 2, size=28)
WEIGHTS = RNG.random(28).astype(np.float32)

L = keras.layers


def sequential():
    return keras.Sequential(
        [
            keras.Input((6,)),
            L.Dense(5, activation="tanh", name="first"),
            L.Dropout(0.3, name="dropout"),
            L.BatchNormalization(name="norm"),
            L.Dense(2, use_bias=False, kernel_regularizer="l2", name="last"),
        ],
        name="sequential",
    )


def functional():
    """Nested, shared, branching; its layers are listed in another order than they are called."""
    inner_input = keras.Input((6,))
    inner = keras.Model(inner_input, L.Dense(5, name="dense")(inner_input), name="encoder")
    shared = L.Dense(5, activation="relu", name="shared")
    inputs = keras.Input((6,))
    encoded = inner(inputs)
    joined = L.Add(name="add")([shared(encoded), shared(shared(encoded))])
    return keras.Model(inputs, L.Dense(2, name="dense")(joined), name="functional")


def many_words():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int64"),
            L.Embedding(5000, 4, name="words"),
            L.Flatten(name="flatten"),
            L.Dense(2, name="head"),
        ],
        name="many_words",
    )


def embedding():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int64"),
            L.Embedding(5, 4, name="words"),
            L.LSTM(3, name="lstm"),
            L.Dense(2, name="head"),
        ],
        name="embedding",
    )


class Subclassed(keras.Model):
    """Its layers are created in another order than called; one is never called."""

    def __init__(self):
        super().__init__(name="subclassed")
        self.head = L.Dense(2, name="head")
        self.body = L.Dense(4, activation="tanh", name="body")
        self.unused = L.Dense(3, name="unused")
        self.unused.build((None, 4))
        self.gain = self.add_weight(shape=(2,), initializer="ones", name="gain")

    def call(self, inputs):
        return self.head(self.body(inputs)) * self.gain


def subclassed():
    model = Subclassed()
    model(X[:1])
    return model


def frozen():
    model = sequential()
    model.get_layer("first").trainable = False
    return model


def several():
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    joined = L.Concatenate()([L.Dense(2, name="l")(left), L.Dense(2, name="r")(right)])
    outputs = [L.Dense(2, name=name)(joined) for name in ("a", "b")]
    return keras.Model([left, right], outputs, name="several")


class OwnStep(keras.Sequential):
    """Trains itself as Keras' guide shows it."""

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss = self.compute_loss(y=y, y_pred=self(x, training=True))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        return {"loss": loss}


def own_step():
    return OwnStep([keras.Input((6,)), *sequential().layers], name="own_step")


def classifier():
    outputs = L.Dense(2, activation="softmax", name="out")
    return keras.Sequential(
        [keras.Input((6,)), L.Dense(4, "relu", name="body"), L.Dropout(0.2), outputs],
        name="classifier",
    )

"""Which operations in a layer's own `call` are ReLUs whose units can die, and are seen."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.function_calls import MOST_OF_ONE_CALL
from tests.capture.recorded import read_series

L = keras.layers
X = np.random.default_rng(3).normal(size=(64, 5, 4)).astype(np.float32)
EACH: dict[str, Any] = {"graph": {}, "eager": {"run_eagerly": True}}


class Own(keras.layers.Layer):
    """Adds what a function returns to its input."""

    def __init__(self, function, **parts):
        super().__init__(name="own")
        self.function = function
        self.built = True
        for name, part in parts.items():
            setattr(self, name, part)

    def call(self, x):
        return x + self.function(self, x)


def rows(log_dir, *layers, shape=(5, 4), **options):
    """Returns the rows of a model, and the samples of each in one step."""
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input(shape), *layers, L.Flatten(), L.Dense(1, name="head")])
    model.compile("sgd", "mse", **options)
    x = X if len(shape) == 2 else X[:, 0]
    model.fit(
        x, X[:, 0, :1], batch_size=64, verbose=0,
        callbacks=[StabilityCallback(log_dir, quantities=["dead_relu"])],
    )  # fmt: skip
    dead = read_series(log_dir).get("stability/dead_relu")
    return {} if dead is None else dict(zip(dead.rows, dead.statistic("count")[0], strict=True))


ONE = {"own/relu": 320}
SEEN = {
    "tensorflow": (lambda own, x: tf.nn.relu(x), ONE),
    "operation": (lambda own, x: keras.ops.relu(x), ONE),
    "activation": (lambda own, x: keras.activations.relu(x), ONE),
    "by-name": (lambda own, x: keras.activations.get("relu")(x), ONE),
    "an-operation-object": (lambda own, x: keras.src.ops.nn.Relu()(x), ONE),
    "relu6": (lambda own, x: tf.nn.relu6(x), {"own/relu6": 320}),
    "max-value-6": (lambda own, x: keras.activations.relu(x, max_value=6), {"own/relu6": 320}),
    "of-a-shift": (lambda own, x: tf.nn.relu6(x + 2.5), {"own/relu6": 320}),
    "of-the-negative": (lambda own, x: tf.nn.relu(-x), ONE),
    "twice": (
        lambda own, x: tf.nn.relu(x) + tf.nn.relu(x + 1) + tf.nn.relu6(x),
        {"own/relu": 320, "own/relu_1": 320, "own/relu6": 320},
    ),
}


@pytest.mark.parametrize("way", EACH)
@pytest.mark.parametrize("case", SEEN)
def test_seen(tmp_path, case, way):
    function, expected = SEEN[case]
    assert rows(tmp_path, Own(function), **EACH[way]) == expected


def gradient(own, x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = tf.nn.softplus(x)
    return tape.gradient(y, x)


LEFT_OUT = {
    "leaky": lambda own, x: tf.nn.leaky_relu(x),
    "leaky-of-keras": lambda own, x: keras.activations.relu(x, negative_slope=0.1),
    "leaky-and-capped": lambda own, x: keras.activations.relu(x, 0.1, max_value=6),
    "made-leaky": lambda own, x: tf.nn.relu(x) - 0.1 * tf.nn.relu(-x),
    "gate": lambda own, x: keras.activations.hard_sigmoid(x),
    "hard-swish": lambda own, x: x * tf.nn.relu6(x + 3.0) / 6,
    "hard-silu": lambda own, x: keras.activations.hard_silu(x),
    "swish": lambda own, x: keras.activations.silu(x),
    "of-no-units": lambda own, x: tf.nn.relu(tf.reduce_mean(x)),
    "of-samples-alone": lambda own, x: tf.nn.relu(tf.reduce_mean(x, [1, 2]))[:, None, None],
    "a-gradient": gradient,
}


@pytest.mark.parametrize("way", EACH)
@pytest.mark.parametrize("case", LEFT_OUT)
def test_left_out(tmp_path, case, way):
    assert rows(tmp_path, Own(LEFT_OUT[case]), **EACH[way]) == {}


INNER = {
    "function": lambda own, x: tf.function(tf.nn.relu)(x),
    "branch": lambda own, x: tf.cond(tf.reduce_sum(x) > 0, lambda: tf.nn.relu(x), lambda: x),
    "loop": lambda own, x: tf.while_loop(
        lambda i, y: i < 3, lambda i, y: (i + 1, tf.nn.relu(y)), (0, x)
    )[1],
}


@pytest.mark.parametrize("case", INNER)
def test_what_is_in_a_graph_of_its_own_is_not_seen_and_does_no_harm(tmp_path, case):
    assert rows(tmp_path, Own(INNER[case])) == {}


@pytest.mark.parametrize("way", EACH)
def test_layers_within_are_seen_once_and_keep_their_names(tmp_path, way):
    def call(own, x):
        x = tf.nn.relu(x)
        x = own.relu(own.dense(x))
        return own.leaky(tf.nn.relu(x))

    own = Own(call, relu=L.ReLU(name="relu"), dense=L.Dense(4, "relu", name="d"), leaky=L.PReLU())
    expected = ["own/relu_1", "own/d", "own/relu", "own/relu_2"]
    assert list(rows(tmp_path, own, **EACH[way])) == expected


class Subclassed(keras.layers.Dense):
    """Seen as the Dense that it is."""

    def call(self, x):
        return super().call(x)


@pytest.mark.parametrize("way", EACH)
def test_layers_of_keras_are_seen_as_before(tmp_path, way):
    layers = [
        Subclassed(4, activation="relu", name="subclassed"),
        L.PReLU(),
        L.LeakyReLU(),
        L.ReLU(negative_slope=0.1, max_value=3.0),
        L.Dense(4, activation="relu", name="dense"),
    ]
    assert rows(tmp_path, *layers, **EACH[way]) == {"subclassed": 320, "dense": 320}


@pytest.mark.parametrize("way", EACH)
def test_a_lambda_is_a_layer_of_ones_own(tmp_path, way):
    assert rows(tmp_path, L.Lambda(tf.nn.relu, name="own"), **EACH[way]) == ONE


class Cell(keras.layers.Layer):
    state_size = 4

    def call(self, x, states):
        state = tf.nn.relu(x + states[0])
        return state, [state]


@pytest.mark.parametrize("way", EACH)
@pytest.mark.parametrize("unroll", [True, False])
@pytest.mark.parametrize("cell", [lambda: Cell(), lambda: [Cell(), Cell()]])
def test_cells_are_a_part_of_their_recurrent_layer(tmp_path, cell, unroll, way):
    assert rows(tmp_path, L.RNN(cell(), unroll=unroll), **EACH[way]) == {}
    recurrent = L.SimpleRNN(4, activation="relu", unroll=unroll)
    assert rows(tmp_path / "keras", recurrent, **EACH[way]) == {}


def test_of_a_loop_in_python_the_first_turns_are_seen(tmp_path):
    def turns(own, x):
        for _ in range(MOST_OF_ONE_CALL + 3):
            x = tf.nn.relu(x + 0.1)
        return x

    assert len(rows(tmp_path, Own(turns))) == MOST_OF_ONE_CALL


def test_nothing_is_looked_for_where_it_is_not_asked_for(tmp_path, monkeypatch):
    def unwanted(operations):
        raise AssertionError("nobody asked")

    monkeypatch.setattr("tb_stability.capture.function_calls.applied_relus", unwanted)
    model = keras.Sequential([keras.Input((4,)), Own(lambda own, x: tf.nn.relu(x)), L.Dense(1)])
    model.compile("sgd", "mse")
    callback = StabilityCallback(tmp_path, quantities=["saturation"])
    model.fit(X[:, 0], X[:, 0, :1], verbose=0, callbacks=[callback])

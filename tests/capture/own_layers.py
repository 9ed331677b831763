"""A model in the style of TensorFlow's guides: ReLUs are functions in the `call` of its parts."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tests.capture.recorded import RecordedSeries

RNG = np.random.default_rng(16)
BATCH, UNITS = 40, 16
X = RNG.normal(size=(4 * BATCH, UNITS)).astype(np.float32)
Y = RNG.normal(size=(4 * BATCH, 1)).astype(np.float32)
ROWS = ("relu6", "block/relu", "block/relu_1", "relu", "relu_1")


def dense(name: str, lowest: float, highest: float) -> Any:
    """Some units are dead, some are not."""
    bias = np.linspace(lowest, highest, UNITS)
    return keras.layers.Dense(UNITS, bias_initializer=keras.initializers.Constant(bias), name=name)


def met(x: Any) -> Any:
    """Has replicas wait for each other, so that their operations are made by turns."""
    replica = tf.distribute.get_replica_context()
    if replica is not None and replica.num_replicas_in_sync > 1:
        x += 0.0 * replica.all_reduce("SUM", tf.reduce_sum(x))
    return x


class Block(keras.layers.Layer):
    def __init__(self, name: str = "block") -> None:
        super().__init__(name=name)
        self.first, self.second = dense("first", -8, 9), dense("second", -20, 9)
        self.dropout = keras.layers.Dropout(0.0)

    def call(self, x: Any, training: bool = False) -> Any:
        inner = self.dropout(met(tf.nn.relu(self.first(x))), training=training)
        return keras.ops.relu(self.second(inner) + x)


class Net(keras.Model):
    def __init__(self) -> None:
        super().__init__(name="net")
        self.stem, self.middle = dense("stem", -8, 3), dense("middle", -6, 9)
        self.block = Block()
        self.head = keras.layers.Dense(1, name="head")

    def call(self, x: Any) -> Any:
        x = self.block(self.block(tf.nn.relu6(self.stem(x))))
        x = keras.activations.relu(self.middle(x), max_value=2.0)
        return self.head(keras.activations.relu(x - 1.0))


def net() -> Net:
    keras.utils.set_random_seed(4)
    model = Net()
    model(X[:1])
    return model


def applied(model: Net, x: np.ndarray) -> dict[str, list[np.ndarray]]:
    """Returns what each function returned, call by call, computed in numpy."""
    found: dict[str, list[np.ndarray]] = {row: [] for row in ROWS}

    def relu(row: str, values: np.ndarray, most: float = np.inf) -> np.ndarray:
        found[row].append(np.clip(values, 0, most))
        return found[row][-1]

    def of(layer: Any, values: np.ndarray) -> np.ndarray:
        kernel, bias = layer.get_weights()
        return values @ kernel + bias

    x = relu("relu6", of(model.stem, x), 6)
    for _ in range(2):
        inner = relu("block/relu", of(model.block.first, x))
        x = relu("block/relu_1", of(model.block.second, inner) + x)
    x = relu("relu", of(model.middle, x), 2)
    relu("relu_1", x - 1)
    return found


def check(dead: RecordedSeries, model: Net, batches: list[np.ndarray]) -> None:
    """Compares what was recorded of a model that did not change with what numpy makes of it.

    Args:
      dead: What was recorded.
      model: The model.
      batches: What was measured of each window.
    """
    assert dead.rows == ROWS
    expected = [applied(model, batch) for batch in batches]
    for window, values in enumerate(expected):
        for row in ROWS:
            units = np.concatenate(values[row])
            share = np.float32(np.mean((units == 0).all(axis=0)))
            assert dead.of_row(row, "value")[window] == share, row
            assert dead.of_row(row, "count")[window] == len(units), row
    # Neither all are dead, nor none, nor is one row like another.
    shares = dead.statistic("value")[0]
    assert (shares > 0).all()
    assert (shares < 1).all()
    assert len(set(shares)) >= 3

"""What the run record says of a model's outputs."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.outputs import from_logits
from tb_stability.record import OutputRecord
from tests.capture.recorded import read_records

X = np.ones((8, 4), np.float32)
Y = np.arange(8) % 3
SPARSE = keras.losses.SparseCategoricalCrossentropy
LOGITS = functools.partial(keras.losses.sparse_categorical_crossentropy, from_logits=True)


def outputs_of(model, log_dir, loss, y=Y, **options):
    model.compile("sgd", loss, **options)
    model.fit(X, y, batch_size=4, verbose=0, callbacks=[StabilityCallback(log_dir)])
    records = read_records(log_dir)
    assert records[0].outputs == ()
    assert records[1].outputs == records[-1].outputs
    return records[-1].outputs


def softmax_of_ones_own(x):
    return keras.ops.softmax(x)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = keras.layers.Dense(3)

    def call(self, x):
        return keras.ops.softmax(self.head(x))


def sequential(*layers):
    return keras.Sequential([keras.Input((4,)), *layers])


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}, {"jit_compile": True}])
@pytest.mark.parametrize(
    ("layers", "activation"),
    [
        ([keras.layers.Dense, "softmax"], "softmax"),
        ([keras.layers.Dense, "sigmoid"], "sigmoid"),
        ([keras.layers.Dense, None], "linear"),
        ([keras.layers.Dense, "relu"], "relu"),
        ([keras.layers.Dense, None, keras.layers.Softmax], "softmax"),
        ([keras.layers.Dense, None, lambda: keras.layers.Activation("softmax")], "softmax"),
        ([keras.layers.Dense, None, lambda: keras.layers.Reshape((3,))], ""),
    ],
)
def test_activations(tmp_path, layers, activation, options):
    dense, given, *rest = layers
    model = sequential(dense(3, given, name="head"), *(make() for make in rest))
    (output,) = outputs_of(model, tmp_path, SPARSE(), **options)
    assert (output.activation, output.from_logits) == (activation, False)


def test_activations_that_are_a_users_own(tmp_path):
    dense = keras.layers.Dense(3, activation=softmax_of_ones_own)
    (output,) = outputs_of(sequential(dense), tmp_path / "a", SPARSE())
    assert output.activation == "softmax"
    (output,) = outputs_of(Subclassed(), tmp_path / "b", SPARSE(from_logits=True))
    assert output == OutputRecord("output", "softmax", "SparseCategoricalCrossentropy", True)


def test_an_output_of_a_nested_model(tmp_path):
    inner = sequential(keras.layers.Dense(3, "softmax"))
    (output,) = outputs_of(sequential(inner), tmp_path, "sparse_categorical_crossentropy")
    assert (output.activation, output.loss, output.from_logits) == (
        "softmax",
        "sparse_categorical_crossentropy",
        False,
    )


def test_several_outputs(tmp_path):
    inputs = keras.Input((4,))
    kind = keras.layers.Dense(3, "softmax", name="kind")(inputs)
    size = keras.layers.Dense(1, name="size")(inputs)
    model = keras.Model(inputs, [kind, size])
    assert outputs_of(model, tmp_path, [SPARSE(from_logits=True), "mse"], y=[Y, Y]) == (
        OutputRecord("kind", "softmax", "SparseCategoricalCrossentropy", True),
        OutputRecord("size", "linear", "mse", None),
    )


class Bare(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return tf.reduce_mean(y_pred)

    def get_config(self):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        (SPARSE(from_logits=True), True),
        (keras.losses.BinaryCrossentropy(), False),
        (keras.losses.CategoricalFocalCrossentropy(from_logits=True), True),
        (keras.losses.MeanSquaredError(), None),
        ("binary_crossentropy", False),
        ("BinaryCrossentropy", False),
        ("mse", None),
        (LOGITS, True),
        (keras.losses.sparse_categorical_crossentropy, False),
        (lambda y_true, y_pred: 0.0, None),
        (Bare(), None),
        (None, None),
    ],
)
def test_from_logits(loss, expected):
    assert from_logits(loss) is expected

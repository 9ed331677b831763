"""Logits of every kind of classifier, against numpy."""

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series

RNG = np.random.default_rng(8)
X = RNG.normal(size=(24, 5, 4)).astype(np.float32)
CLASSES = 3
LABELS = RNG.integers(0, CLASSES, size=(24, 1))
BATCH = 12

SPARSE = keras.losses.SparseCategoricalCrossentropy
ASPECTS = ["max_abs", "mean_abs", "spread", "top_probability", "entropy"]


def head(way, x, units=CLASSES):
    dense = keras.layers.Dense(units, kernel_initializer="glorot_normal", name="logits")
    if way == "argument":
        dense.activation = keras.activations.softmax
        return dense(x)
    if way == "activation":
        return keras.layers.Activation("softmax")(dense(x))
    if way == "layer":
        return keras.layers.Softmax()(dense(x))
    if way == "operation":
        return keras.ops.softmax(dense(x))
    return dense(x)


def train(model, log_dir, loss, y=LABELS, sample_every=1, **options):
    model.compile(keras.optimizers.SGD(0.0), loss, **options)
    callback = StabilityCallback(log_dir, window_steps=1, sample_every=sample_every)
    model.fit(X, y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir)


def logits_of(model):
    dense = next(layer for layer in model._flatten_layers() if layer.name == "logits")
    inputs = keras.Model(model.inputs, dense.input).predict(X, verbose=0)
    values = inputs.astype(float) @ dense.kernel.numpy().astype(float) + dense.bias.numpy()
    return [values[start : start + BATCH].reshape(-1, values.shape[-1]) for start in (0, BATCH)]


def softmax_aspects(z):
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    return {
        "max_abs": np.abs(z).max(),
        "mean_abs": np.abs(z).mean(),
        "spread": (z.max(1) - z.min(1)).mean(),
        "top_probability": p.max(1).mean(),
        "entropy": -(p * np.log(p)).sum(1).mean(),
    }


def sigmoid_aspects(z):
    p = 1 / (1 + np.exp(-z))
    return {
        "max_abs": np.abs(z).max(),
        "mean_abs": np.abs(z).mean(),
        "spread": np.abs(z).mean(),
        "top_probability": np.maximum(p, 1 - p).mean(),
        "entropy": -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean(),
    }


def check(series, batches, aspects, row, group=""):
    for window, z in enumerate(batches):
        for aspect, expected in aspects(z).items():
            found = series[f"stability/logits/{aspect}"].of_row(row)
            assert found[window] == pytest.approx(expected, rel=1e-5)
        classes = series["stability/class_logits" + group]
        assert classes.rows == tuple(str(number) for number in range(z.shape[1]))
        np.testing.assert_allclose(
            classes.statistic("last")[window], z.mean(0), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("options", [{}, {"run_eagerly": True}, {"jit_compile": True}])
@pytest.mark.parametrize("way", ["argument", "activation", "layer", "operation", "loss"])
def test_logits_are_taken_before_softmax(tmp_path, way, options):
    keras.utils.set_random_seed(2)
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, head(way, keras.layers.Flatten()(inputs)))
    series = train(model, tmp_path, SPARSE(from_logits=way == "loss"), **options)
    check(series, logits_of(model), softmax_aspects, model.output_names[0])


def test_a_softmax_whose_loss_takes_it_for_logits(tmp_path):
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, head("argument", keras.layers.Flatten()(inputs)))
    series = train(model, tmp_path, SPARSE(from_logits=True))
    check(series, logits_of(model), softmax_aspects, "logits")


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("from_logits", [False, True])
def test_logits_before_sigmoid(tmp_path, units, from_logits):
    inputs = keras.Input((5, 4))
    activation = None if from_logits else "sigmoid"
    dense = keras.layers.Dense(units, activation, name="logits")
    model = keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))
    y = RNG.integers(0, 2, size=(24, units)).astype(np.float32)
    series = train(model, tmp_path, keras.losses.BinaryCrossentropy(from_logits=from_logits), y)
    check(series, logits_of(model), sigmoid_aspects, "logits")


def test_outputs_per_time_step(tmp_path):
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, head("argument", inputs))
    series = train(model, tmp_path, SPARSE(), RNG.integers(0, CLASSES, size=(24, 5)))
    check(series, logits_of(model), softmax_aspects, "logits")


def test_several_outputs_of_which_one_is_a_regression(tmp_path):
    inputs = keras.Input((5, 4))
    flat = keras.layers.Flatten()(inputs)
    kind = keras.layers.Dense(CLASSES, "softmax", name="logits")(flat)
    flag = keras.layers.Dense(1, name="flag")(flat)
    size = keras.layers.Dense(1, name="size")(flat)
    model = keras.Model(inputs, {"kind": kind, "size": size, "flag": flag})
    losses = {
        "kind": SPARSE(),
        "size": keras.losses.MeanSquaredError(),
        "flag": keras.losses.BinaryCrossentropy(from_logits=True),
    }
    y = {"kind": LABELS, "size": LABELS.astype(float), "flag": LABELS % 2}
    series = train(model, tmp_path, losses, y)
    assert set(series["stability/logits/spread"].rows) == {"kind", "flag"}
    check(series, logits_of(model), softmax_aspects, "kind", "/kind")
    assert series["stability/class_logits/flag"].rows == ("0",)
    assert "stability/class_logits/size" not in series


def test_a_regression_has_no_logits(tmp_path):
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(inputs)))
    series = train(model, tmp_path, "mse")
    assert not [tag for tag in series if "logits" in tag]


def test_steps_that_are_not_sampled_are_not_counted(tmp_path):
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, head("argument", keras.layers.Flatten()(inputs)))
    model.compile("sgd", SPARSE())
    callback = StabilityCallback(tmp_path, window_steps=5, sample_every=2)
    model.fit(X, LABELS, batch_size=3, verbose=0, callbacks=[callback])
    counts = read_series(tmp_path)["stability/logits/entropy"].statistic("count")
    assert counts[:, 0].tolist() == [3, 2]


def test_infinite_logits_are_counted_as_nonfinite(tmp_path):
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, head("loss", keras.layers.Flatten()(inputs)))
    weights = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([weights[0], np.array([np.inf, 0, 0])])
    series = train(model, tmp_path, SPARSE(from_logits=True))
    assert series["stability/logits/max_abs"].statistic("nonfinite")[0].tolist() == [1]
    assert series["stability/class_logits"].statistic("nonfinite")[0].tolist() == [1, 0, 0]

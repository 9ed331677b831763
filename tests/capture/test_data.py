"""Inputs and labels against numpy."""

from typing import Any

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series

RNG = np.random.default_rng(11)
SIZE, BATCH = 24, 4
X = (5 + 3 * RNG.normal(size=(SIZE, 4))).astype(np.float32)
LABELS = RNG.choice(3, size=SIZE, p=[0.6, 0.3, 0.1])
WAYS = [{}, {"jit_compile": True}, {"run_eagerly": True}]


def train(model, log_dir, loss, x=X, y=LABELS, window_steps=2, sample_every=1, **options):
    model.compile("sgd", loss, **options)
    callback = StabilityCallback(log_dir, window_steps=window_steps, sample_every=sample_every)
    model.fit(x, y, batch_size=BATCH, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir)


def dense(units, activation=None):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, activation)])


def shares(labels, classes, size=2 * BATCH):
    windows = [labels[start : start + size].ravel() for start in range(0, SIZE, size)]
    return [np.bincount(window, minlength=classes) / window.size for window in windows]


def check(series, expected, count=2 * BATCH):
    assert series.rows == tuple(str(number) for number in range(len(expected[0])))
    np.testing.assert_array_equal(series.statistic("value"), np.float32(expected))
    assert (series.statistic("count") == count).all()


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("form", ["numbers", "column", "float", "one-hot"])
def test_shares_of_classes(tmp_path, form, options):
    y = {
        "numbers": LABELS,
        "column": LABELS[:, np.newaxis],
        "float": LABELS.astype(np.float32),
        "one-hot": np.eye(3)[LABELS],
    }[form]
    kind = "categorical" if form == "one-hot" else "sparse_categorical"
    series = train(dense(3, "softmax"), tmp_path, f"{kind}_crossentropy", y=y, **options)
    check(series["stability/labels"], shares(LABELS, 3))


@pytest.mark.parametrize("shape", [(SIZE,), (SIZE, 1)])
def test_a_single_sigmoid_has_two_classes(tmp_path, shape):
    y = (LABELS > 0).astype(int)
    series = train(dense(1, "sigmoid"), tmp_path, "binary_crossentropy", y=y.reshape(shape))
    check(series["stability/labels"], shares(y, 2))


def test_several_sigmoids_have_a_label_each(tmp_path):
    y = RNG.integers(0, 2, size=(SIZE, 3))
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    series = train(dense(3), tmp_path, loss, y=y)
    check(series["stability/labels"], y.reshape(3, 8, 3).mean(axis=1))


def test_labels_per_time_step_of_which_some_are_ignored(tmp_path):
    inputs = keras.Input((5, 4))
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(inputs))
    y = RNG.integers(0, 3, size=(SIZE, 5))
    y[:, 0] = -1
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    series = train(model, tmp_path, loss, x=RNG.normal(size=(SIZE, 5, 4)), y=y)
    check(series["stability/labels"], shares(y[:, 1:], 3), count=4 * 2 * BATCH)


@pytest.mark.parametrize("form", [dict, list])
def test_several_outputs_have_a_tag_each(tmp_path, form):
    inputs = keras.Input((4,))
    kind = keras.layers.Dense(3, "softmax", name="kind")(inputs)
    size = keras.layers.Dense(1, name="size")(inputs)
    flag = keras.layers.Dense(1, "sigmoid", name="flag")(inputs)
    model = keras.Model(inputs, [kind, size, flag])
    y: Any = [LABELS, LABELS.astype(np.float32), LABELS % 2]
    losses: Any = ["sparse_categorical_crossentropy", "mse", "binary_crossentropy"]
    if form is dict:
        model = keras.Model(inputs, {"kind": kind, "size": size, "flag": flag})
    names = ("kind", "size", "flag")
    y, losses = (
        dict(zip(names, item, strict=True)) if form is dict else item for item in (y, losses)
    )
    series = train(model, tmp_path, losses, y=y)
    check(series["stability/labels/kind"], shares(LABELS, 3))
    check(series["stability/labels/flag"], shares(LABELS % 2, 2))
    assert "stability/labels/size" not in series


def test_a_regression_and_too_many_classes_have_no_shares(tmp_path):
    assert "stability/labels" not in train(dense(1), tmp_path / "a", "mse")
    many = train(dense(257, "softmax"), tmp_path / "b", "sparse_categorical_crossentropy")
    assert "stability/labels" not in many


def test_of_sampled_steps_only(tmp_path):
    loss = "sparse_categorical_crossentropy"
    series = train(dense(3, "softmax"), tmp_path, loss, window_steps=3, sample_every=2)
    windows = [
        LABELS[[*range(start, start + 4), *range(start + 8, start + 12)]] for start in (0, 12)
    ]
    check(series["stability/labels"], [np.bincount(part, minlength=3) / 8 for part in windows])
    assert (series["stability/inputs"].statistic("count") == 4 * 8).all()


def expected_inputs(x, size=2 * BATCH):
    rows = []
    for start in range(0, SIZE, size):
        part = x[start : start + size].astype(np.float64)
        finite = part[np.isfinite(part)]
        counts = [part.size - finite.size, part.size]
        values = (
            [f(finite) for f in (np.mean, np.std, np.min, np.max)] if finite.size else [np.nan] * 4
        )
        rows.append([values + counts])
    return np.array(rows)


STATISTICS = ("mean", "std", "min", "max", "nonfinite", "count")


@pytest.mark.parametrize("options", WAYS)
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_range_of_the_inputs(tmp_path, options, policy):
    x = X.copy()
    x[:, 1] = 1e5 + x[:, 1]  # too large for float16, and far from zero for its deviation
    keras.config.set_dtype_policy(policy)
    try:
        series = train(dense(1), tmp_path, "mse", x=x, **options)["stability/inputs"]
    finally:
        keras.config.set_dtype_policy("float32")
    assert (series.rows, series.statistics) == (("input",), STATISTICS)
    np.testing.assert_allclose(np.stack(series.values), expected_inputs(x), rtol=1e-5)


def test_the_deviation_of_inputs_that_vary_little(tmp_path):
    x = (1000 + 0.01 * RNG.normal(size=(SIZE, 4))).astype(np.float32)
    series = train(dense(1), tmp_path, "mse", x=x)["stability/inputs"]
    np.testing.assert_allclose(np.stack(series.values), expected_inputs(x), rtol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_elements_that_are_not_finite_are_counted_apart(tmp_path, value):
    x = X.copy()
    x[:BATCH] = value
    x[9, 2] = value
    x[16:] = value
    series = train(dense(1), tmp_path, "mse", x=x)["stability/inputs"]
    np.testing.assert_allclose(np.stack(series.values), expected_inputs(x), rtol=1e-5)
    assert series.of_row("input", "nonfinite").tolist() == [16, 1, 32]


def test_several_inputs_of_which_one_is_of_integers(tmp_path):
    first, unnamed = keras.Input((4,), name="first"), keras.Input((4,))
    ids = keras.Input((1,), dtype="int32", name="ids")
    embedded = keras.layers.Flatten()(keras.layers.Embedding(9, 2)(ids))
    joined = keras.layers.Concatenate()([first, unnamed, embedded])
    model = keras.Model([first, unnamed, ids], keras.layers.Dense(1)(joined))
    series = train(model, tmp_path, "mse", x=[X, 2 * X, LABELS[:, None]])["stability/inputs"]
    assert series.rows == ("first", "input_1")
    expected = np.concatenate([expected_inputs(X), expected_inputs(2 * X)], axis=1)
    np.testing.assert_allclose(np.stack(series.values), expected, rtol=1e-5)


def test_inputs_by_name(tmp_path):
    one, two = keras.Input((4,), name="one"), keras.Input((4,), name="two")
    model = keras.Model({"one": one, "two": two}, keras.layers.Dense(1)(one + two))
    series = train(model, tmp_path, "mse", x={"one": X, "two": -X})["stability/inputs"]
    assert set(series.rows) == {"one", "two"}
    np.testing.assert_array_equal(series.of_row("one", "max"), -series.of_row("two", "min"))

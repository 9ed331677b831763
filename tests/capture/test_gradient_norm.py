"""Gradient norms and losses of real training, against a GradientTape worked by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.gradient_norm import layer_norms
from tests.capture import by_hand
from tests.capture.recorded import read_series

BATCH = 8
RNG = np.random.default_rng(7)
X = RNG.normal(size=(28, 6)).astype(np.float32)  # three full batches and a half one
Y = RNG.normal(size=(28, 2)).astype(np.float32)
WORDS = RNG.integers(0, 5, size=(28, 6))  # many repeated words in a batch


def sequential():
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(5, activation="tanh", name="first"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(2, use_bias=False, kernel_regularizer="l2", name="last"),
        ]
    )


def functional():
    """Nested, shared, branching; its layers are listed in another order than they are called."""
    inner_input = keras.Input((6,))
    inner = keras.Model(
        inner_input, keras.layers.Dense(5, name="dense")(inner_input), name="encoder"
    )
    shared = keras.layers.Dense(5, activation="relu", name="shared")
    inputs = keras.Input((6,))
    encoded = inner(inputs)
    joined = keras.layers.Add(name="add")([shared(encoded), shared(shared(encoded))])
    return keras.Model(inputs, keras.layers.Dense(2, name="dense")(joined))


def embedding():
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int64"),
            keras.layers.Embedding(5, 4, name="words"),
            keras.layers.LSTM(3, name="lstm"),
            keras.layers.Dense(2, name="head"),
        ]
    )


class Subclassed(keras.Model):
    """Its layers are created in another order than called; one is never called."""

    def __init__(self):
        super().__init__(name="subclassed")
        self.head = keras.layers.Dense(2, name="head")
        self.body = keras.layers.Dense(4, activation="tanh", name="body")
        self.unused = keras.layers.Dense(3, name="unused")
        self.unused.build((None, 4))
        self.gain = self.add_weight(shape=(2,), initializer="ones", name="gain")

    def call(self, inputs):
        return self.head(self.body(inputs)) * self.gain


def frozen():
    model = sequential()
    model.get_layer("first").trainable = False
    return model


MODELS = {
    "sequential": (sequential, ["first", "norm", "last"]),
    "functional": (functional, ["encoder/dense", "shared", "dense"]),
    "embedding": (embedding, ["words", "lstm", "head"]),
    "subclassed": (Subclassed, ["subclassed", "body", "unused", "head"]),
    "frozen": (frozen, ["first", "norm", "last"]),
}


def data_of(name):
    return WORDS if name == "embedding" else X


def variables_of(model, row):
    """Variables of a row, found by name and not by the code that is tested."""
    if row == "subclassed":
        return [model.gain]
    layer = model
    for part in row.split("/"):
        layer = next(child for child in layer.layers if child.name == part)
    return [v for v in layer.weights if not v.path.endswith(("moving_mean", "moving_variance"))]


def compiled(build, **options):
    keras.utils.set_random_seed(3)
    model = build()
    options = {"optimizer": keras.optimizers.SGD(0.1, clipnorm=0.3), "loss": "mse"} | options
    optimizer = options.pop("optimizer")
    optimizer = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    model.compile(optimizer, **options)
    return model


def twins(build, x, **options):
    """Two equal models: one to be observed, one to be trained by hand."""
    first, second = compiled(build, **options), compiled(build, **options)
    first(x[:BATCH]), second(x[:BATCH])
    second.set_weights(first.get_weights())
    return first, second


def fit_observed(model, x, y, log_dir, window_steps=1, **options):
    callback = StabilityCallback(log_dir, window_steps=window_steps)
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0} | options
    model.fit(x, y, callbacks=[callback], **options)
    return read_series(log_dir)


WAYS = {
    "graph": {},
    "jit": {"jit_compile": True},
    "eager": {"run_eagerly": True},
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", MODELS)
def test_norms_and_losses_equal_a_tape_by_hand(tmp_path, name, way):
    build, rows = MODELS[name]
    x = data_of(name)
    observed, reference = twins(build, x, **WAYS[way])
    series = fit_observed(observed, x, Y, tmp_path)
    layers = {row: variables_of(reference, row) for row in rows}
    frozen_rows = [row for row in rows if not layers[row][0].trainable]
    for row in frozen_rows:
        layers[row] = []
    losses, norms = by_hand.train(
        reference, x, Y, layers, batch_size=BATCH, loss=keras.losses.MeanSquaredError()
    )

    gradient = series["stability/gradient_norm"]
    assert gradient.rows == tuple(rows)
    assert gradient.steps == [1, 2, 3, 4]
    unmeasured = np.isnan(norms)
    np.testing.assert_array_equal(gradient.statistic("count"), ~unmeasured)
    for statistic in ("mean", "min", "max", "last"):
        np.testing.assert_allclose(gradient.statistic(statistic), norms, rtol=1e-5)
        np.testing.assert_allclose(
            series["stability/loss"].statistic(statistic)[:, 0], losses, rtol=1e-5
        )


def test_every_step_is_measured_where_an_execution_has_several(tmp_path):
    observed, reference = twins(sequential, X, steps_per_execution=3)
    series = fit_observed(observed, X, Y, tmp_path, window_steps=2)
    layers = {row: variables_of(reference, row) for row in ["first", "norm", "last"]}
    losses, norms = by_hand.train(
        reference, X, Y, layers, batch_size=BATCH, loss=keras.losses.MeanSquaredError()
    )
    assert series["stability/windows"].steps == [3, 4]
    assert series["stability/windows"].statistic("steps")[:, 0].tolist() == [3, 1]
    gradient, loss = series["stability/gradient_norm"], series["stability/loss"]
    for values, expected in ((gradient.values[0], norms[:3]), (loss.values[0], losses[:3, None])):
        columns = dict(zip(gradient.statistics, values.T, strict=True))
        np.testing.assert_allclose(columns["mean"], expected.mean(0), rtol=1e-5)
        np.testing.assert_allclose(columns["min"], expected.min(0), rtol=1e-5)
        np.testing.assert_allclose(columns["max"], expected.max(0), rtol=1e-5)
        np.testing.assert_allclose(columns["last"], expected[-1], rtol=1e-5)
        np.testing.assert_array_equal(columns["argmax"], expected.argmax(0))
        np.testing.assert_array_equal(columns["count"], 3)
    np.testing.assert_allclose(gradient.statistic("last")[1], norms[3], rtol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_norms_are_unscaled_in_mixed_precision(tmp_path, jit_compile):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        observed, reference = twins(
            sequential, X, optimizer=keras.optimizers.SGD(0.1), jit_compile=jit_compile
        )
        series = fit_observed(observed, X, Y, tmp_path)
        layers = {row: variables_of(reference, row) for row in ["first", "norm", "last"]}
        losses, norms = by_hand.train(
            reference,
            X,
            Y,
            layers,
            batch_size=BATCH,
            loss=keras.losses.MeanSquaredError(),
            scale=2.0**15,
        )
    finally:
        keras.config.set_dtype_policy("float32")
    gradient = series["stability/gradient_norm"]
    # Compiled by XLA, float16 is rounded at other places than in the computation by hand.
    tolerance = 1e-2 if jit_compile else 1e-5
    np.testing.assert_allclose(gradient.statistic("last"), norms, rtol=tolerance)
    np.testing.assert_allclose(
        series["stability/loss"].statistic("last")[:, 0], losses, rtol=tolerance
    )


def test_a_step_that_loss_scaling_skips_is_not_a_nonfinite_gradient(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = compiled(
            sequential,
            optimizer=keras.optimizers.LossScaleOptimizer(
                keras.optimizers.SGD(0.01), initial_scale=2.0**40
            ),
        )
    finally:
        keras.config.set_dtype_policy("float32")
    series = fit_observed(model, X, Y, tmp_path, epochs=12)
    gradient = series["stability/gradient_norm"]
    assert gradient.statistic("nonfinite").max() == 0
    assert gradient.of_row("first", "count")[0] == 0
    assert gradient.of_row("first", "count")[-1] == 1
    assert series["stability/loss"].statistic("count").min() == 1


def test_a_gradient_that_is_nan_at_any_scale_is_nonfinite(tmp_path):
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = compiled(sequential, optimizer=keras.optimizers.SGD(0.01))
    finally:
        keras.config.set_dtype_policy("float32")
    series = fit_observed(model, X, np.full_like(Y, np.nan), tmp_path, epochs=5)
    nonfinite = series["stability/gradient_norm"].of_row("last", "nonfinite")
    # The scale is halved in every step that fails: from the 16th on it is no excuse.
    assert nonfinite.tolist() == [0] * 15 + [1] * 5
    assert np.isnan(series["stability/gradient_norm"].of_row("last", "mean")[-1])


@pytest.mark.parametrize(
    "settings", [{"clipvalue": 1e-3}, {"global_clipnorm": 1e-3}, {"use_ema": True}]
)
def test_norms_are_those_before_clipping(tmp_path, settings):
    options = {"optimizer": keras.optimizers.Adam(0.1, **settings)}
    observed = compiled(sequential, **options)
    reference = compiled(sequential, **options)
    series = fit_observed(observed, X, Y, tmp_path)
    layers = {row: variables_of(reference, row) for row in ["first", "norm", "last"]}
    _, norms = by_hand.train(
        reference, X, Y, layers, batch_size=BATCH, loss=keras.losses.MeanSquaredError()
    )
    np.testing.assert_allclose(
        series["stability/gradient_norm"].statistic("last"), norms, rtol=1e-5
    )


def test_a_scaled_loss_of_the_optimizer_is_taken_out(tmp_path):
    plain = compiled(sequential, optimizer=keras.optimizers.SGD(0.1))
    scaled = compiled(sequential, optimizer=keras.optimizers.SGD(0.1, loss_scale_factor=1024.0))
    expected = fit_observed(plain, X, Y, tmp_path / "plain")
    found = fit_observed(scaled, X, Y, tmp_path / "scaled")
    for tag in ("stability/gradient_norm", "stability/loss"):
        np.testing.assert_allclose(
            found[tag].statistic("last"), expected[tag].statistic("last"), rtol=1e-5
        )


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([3e25, 4e25], 5e25),  # the square leaves float32, the norm does not
        ([3e-25, 4e-25], 5e-25),  # the square vanishes in float32
        ([0.0, 0.0], 0.0),
        ([3e38, 3e38], np.finfo(np.float32).max),  # finite elements: never an infinite norm
        ([np.inf, 1.0], np.inf),
        ([np.nan, np.inf], np.nan),
    ],
)
def test_norm_is_exact_over_the_whole_range_of_float32(values, expected, compiled):
    function = tf.function(
        lambda a, b: layer_norms([a, b, b], [0, 1, 0], 2, compiled=compiled),
        jit_compile=compiled,
        autograph=False,
    )
    found = function(tf.constant(values, tf.float32), tf.constant([[0.0]])).numpy()
    np.testing.assert_allclose(found, [expected, 0.0], rtol=1e-5)


def test_repeated_words_across_a_large_vocabulary(tmp_path):
    def build():
        return keras.Sequential(
            [
                keras.Input((6,), dtype="int64"),
                keras.layers.Embedding(5000, 4, name="words"),
                keras.layers.Flatten(),
                keras.layers.Dense(2, name="head"),
            ]
        )

    words = np.where(RNG.random((28, 6)) < 0.5, 4999, RNG.integers(0, 5000, size=(28, 6)))
    observed, reference = twins(build, words)
    series = fit_observed(observed, words, Y, tmp_path)
    layers = {row: variables_of(reference, row) for row in ["words", "head"]}
    _, norms = by_hand.train(
        reference, words, Y, layers, batch_size=BATCH, loss=keras.losses.MeanSquaredError()
    )
    np.testing.assert_allclose(
        series["stability/gradient_norm"].statistic("last"), norms, rtol=1e-5
    )

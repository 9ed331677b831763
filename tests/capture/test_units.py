"""Dead and saturated units, against the outputs of the layers in numpy."""

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series

RNG = np.random.default_rng(6)
BATCH = 40
X = RNG.normal(size=(4 * BATCH, 8, 6)).astype(np.float32)
Y = RNG.normal(size=(4 * BATCH, 1)).astype(np.float32)


def biased(units, seed=0):
    """Biases from firmly negative to firmly positive: some units are dead, some saturated."""
    return keras.initializers.Constant(np.linspace(-9, 9, units)[np.newaxis].repeat(1, 0)[0])


def train(model, log_dir, *, x=X, y=Y, sample_every=1, window_steps=2, batch=BATCH, **options):
    # With a learning rate of zero, the weights are those of before.
    model.compile(keras.optimizers.SGD(0.0), "mse", **options)
    callback = StabilityCallback(log_dir, window_steps=window_steps, sample_every=sample_every)
    model.fit(x, y, batch_size=batch, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir)


def functional():
    """Every way to say ReLU, and some that are none."""
    inputs = keras.Input((8, 6))
    conv = keras.layers.Conv1D(
        7, 3, activation="relu", bias_initializer=biased(7), name="argument"
    )(inputs)
    plain = keras.layers.Dense(9, bias_initializer=biased(9), name="plain")(conv)
    layer = keras.layers.ReLU(name="layer")(plain)
    activation = keras.layers.Activation("relu", name="activation")(plain)
    capped = keras.layers.ReLU(max_value=2.0, name="capped")(plain)
    six = keras.layers.Dense(5, activation="relu6", bias_initializer=biased(5), name="six")(plain)
    operation = keras.ops.relu(plain)
    leaky = keras.layers.LeakyReLU(name="leaky")(plain)
    sloped = keras.layers.ReLU(negative_slope=0.1, name="sloped")(plain)
    joined = keras.layers.Concatenate()([layer, activation, capped, six, operation, leaky, sloped])
    outputs = keras.layers.Dense(1, name="out")(keras.layers.GlobalMaxPooling1D()(joined))
    return keras.Model(inputs, outputs)


def outputs_of(model, names, x):
    tensors = {
        operation.name: operation.output
        for operation in model.operations
        if operation.name in names
    }
    values = keras.Model(model.inputs, tensors).predict(x, verbose=0)
    return {name: value.reshape(len(x), -1, value.shape[-1]) for name, value in values.items()}


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_dead_units_of_every_kind_of_relu(tmp_path, options):
    keras.utils.set_random_seed(1)
    model = functional()
    relu = next(o.name for o in model.operations if type(o).__name__ == "Relu")
    series = train(model, tmp_path, **options)["stability/dead_relu"]
    assert set(series.rows) == {"argument", "layer", "activation", "capped", "six", relu}
    outputs = outputs_of(model, series.rows, X)
    for window in range(2):
        batch = slice(2 * BATCH * window, 2 * BATCH * (window + 1))
        for row in series.rows:
            expected = np.mean((outputs[row][batch] == 0).all(axis=(0, 1)))
            assert series.of_row(row, "value")[window] == pytest.approx(expected, abs=1e-7)
            assert series.of_row(row, "count")[window] == outputs[row][batch][..., 0].size
    assert 0 < series.of_row("layer", "value")[0] < 1


def test_one_step_in_n_is_measured(tmp_path):
    keras.utils.set_random_seed(1)
    model = functional()
    series = train(model, tmp_path, sample_every=3, window_steps=4)["stability/dead_relu"]
    outputs = outputs_of(model, ["layer"], X)["layer"]
    sampled = np.concatenate([outputs[:BATCH], outputs[3 * BATCH :]])
    assert series.of_row("layer", "count").tolist() == [sampled[..., 0].size]
    expected = np.mean((sampled == 0).all(axis=(0, 1)))
    assert series.of_row("layer", "value")[0] == pytest.approx(expected, abs=1e-7)


def test_too_few_samples_say_nothing(tmp_path):
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1)]
    )
    x = RNG.normal(size=(44, 3)).astype(np.float32)
    series = train(model, tmp_path, x=x, y=Y[:44], batch=2, window_steps=16)
    dead = series["stability/dead_relu"]
    assert dead.statistic("count")[:, 0].tolist() == [32, 0]
    assert np.isnan(dead.statistic("value")[1, 0])


def test_a_shared_layer_is_dead_only_where_all_its_calls_are(tmp_path):
    shared = keras.layers.Dense(2, activation="relu", kernel_initializer="identity", name="shared")
    left, right = keras.Input((2,)), keras.Input((2,))
    outputs = keras.layers.Dense(1)(keras.layers.Add()([shared(left), shared(right)]))
    x = np.ones((64, 2), np.float32)
    series = train(
        keras.Model([left, right], outputs), tmp_path, x=[-x, x * [1, -1]], y=Y[:64], batch=32
    )
    assert series["stability/dead_relu"].of_row("shared", "value").tolist() == [0.5]


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_a_shared_layer_has_a_row_for_each_number_of_units(tmp_path, options):
    relu = keras.layers.ReLU(name="relu")
    inputs = keras.Input((6,))
    narrow = keras.layers.Dense(4, bias_initializer=biased(4), name="narrow")(inputs)
    wide = keras.layers.Dense(9, bias_initializer=biased(9), name="wide")(relu(narrow))
    model = keras.Model(inputs, keras.layers.Dense(1)(relu(wide)))
    outputs = keras.Model(inputs, [narrow, wide]).predict(X[:, 0], verbose=0)
    dead = train(model, tmp_path, x=X[:, 0], **options)["stability/dead_relu"]
    assert dead.rows == ("relu", "relu (9 units)")
    for row, output in zip(dead.rows, outputs, strict=True):
        expected = np.mean((output[: 2 * BATCH] <= 0).all(axis=0))
        assert dead.of_row(row, "value")[0] == pytest.approx(expected, abs=1e-7)
        assert dead.of_row(row, "count").tolist() == [2 * BATCH] * 2
        assert 0 < expected < 1


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_saturated_units(tmp_path, options):
    keras.utils.set_random_seed(1)
    inputs = keras.Input((8, 6))
    x = keras.layers.Dense(9, "tanh", bias_initializer=biased(9), name="tanh")(inputs)
    x = keras.layers.Dense(9, bias_initializer=biased(9), name="plain")(x)
    x = keras.layers.Activation("sigmoid", name="sigmoid")(x)
    x = keras.layers.Conv1D(
        5, 3, activation="hard_sigmoid", bias_initializer=biased(5), name="hard"
    )(x)
    model = keras.Model(inputs, keras.layers.Dense(1)(keras.layers.Flatten()(x)))
    series = train(model, tmp_path, **options)["stability/saturation"]
    assert series.rows == ("tanh", "sigmoid", "hard")
    outputs = outputs_of(model, series.rows, X)
    for window in range(2):
        batch = slice(2 * BATCH * window, 2 * BATCH * (window + 1))
        for row, lower in (("tanh", -1), ("sigmoid", 0), ("hard", 0)):
            values = outputs[row][batch]
            near = (values < lower + 0.01) | (values > 0.99)
            expected = np.mean(near.mean(axis=(0, 1)) >= 0.99)
            assert series.of_row(row, "value")[window] == pytest.approx(expected, abs=1e-7)
            assert series.of_row(row, "count")[window] == values[..., 0].size
    assert (series.statistic("value") > 0).all()
    assert (series.statistic("value") < 1).all()


def test_layers_of_one_name_have_rows_of_their_own_as_their_gradients_do(tmp_path):
    class Model(keras.Model):
        def __init__(self):
            super().__init__()
            self.parts = [
                keras.layers.Dense(units, "relu", bias_initializer=bias, name="part")
                for units, bias in ((3, keras.initializers.Constant(-99.0)), (5, "zeros"))
            ]
            self.head = keras.layers.Dense(1)

        def call(self, x):
            for part in reversed(self.parts):
                x = part(x)
            return self.head(x)

    series = train(Model(), tmp_path, x=X[:, 0])
    dead = series["stability/dead_relu"]
    assert set(dead.rows) == {"part", "part_1"}
    assert dead.of_row("part", "value").tolist() == [1, 1]
    assert dead.of_row("part_1", "value").max() < 1
    gradient = series["stability/gradient_norm"]
    assert gradient.rows[:2] == ("part_1", "part")
    assert gradient.of_row("part").tolist() == [0, 0]


def test_a_relu_inside_nested_models_is_named_by_its_path(tmp_path):
    inner = keras.Sequential([keras.layers.Dense(4, "relu", name="inside")], name="inner")
    outer = keras.Sequential([inner, keras.layers.ReLU(name="again")], name="outer")
    model = keras.Sequential([keras.Input((6,)), outer, keras.layers.Dense(1)])
    dead = train(model, tmp_path, x=X[:, 0])["stability/dead_relu"]
    assert set(dead.rows) == {"outer/inner/inside", "outer/again"}

import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series

RNG = np.random.default_rng(4)
X = RNG.normal(size=(24, 5)).astype(np.float32)
Y = RNG.normal(size=(24, 1)).astype(np.float32)
ROWS = ("first", "norm", "second")


def build(**options):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.Dense(4, name="first", bias_initializer="ones"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(1, name="second"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.05), "mse", **options)
    return model


class Snapshots(keras.callbacks.Callback):
    """Trainable weights of each layer before the first step and after every one."""

    def on_train_begin(self, logs=None):
        self.taken = [self.weights()]

    def on_train_batch_end(self, batch, logs=None):
        self.taken.append(self.weights())

    def weights(self):
        return [
            np.concatenate(
                [[], *(v.numpy().astype(float).ravel() for v in layer.trainable_weights)]
            )
            for layer in self.model.layers
        ]


def train(model, log_dir, window_steps, sample_every=10, **options):
    snapshots = Snapshots()
    callback = StabilityCallback(log_dir, window_steps=window_steps, sample_every=sample_every)
    options = {"batch_size": 4, "epochs": 1, "shuffle": False, "verbose": 0} | options
    model.fit(X, Y, callbacks=[callback, snapshots], **options)
    return read_series(log_dir), snapshots.taken


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_norms_are_those_of_the_windows_end_and_ratios_those_of_a_step(tmp_path, options):
    series, taken = train(build(**options), tmp_path, window_steps=2)
    norms = series["stability/weight_norm"]
    assert norms.rows == ROWS
    expected = [[np.linalg.norm(row) for row in taken[step]] for step in (2, 4, 6)]
    np.testing.assert_allclose(norms.statistic("value"), expected, rtol=1e-5)
    assert (norms.statistic("count") == 1).all()

    ratios = series["stability/update_ratio"]
    assert (ratios.rows, ratios.steps) == (ROWS, [2, 4, 6])
    # The first window's is its second step: before the first, the model was not traced.
    expected = [
        [
            np.linalg.norm(after - before) / np.linalg.norm(before)
            for before, after in zip(taken[step - 1], taken[step], strict=True)
        ]
        for step in (2, 3, 5)
    ]
    np.testing.assert_allclose(ratios.statistic("value"), expected, rtol=1e-4)


@pytest.mark.parametrize("options", [{}, {"jit_compile": True}, {"run_eagerly": True}])
def test_a_step_of_several_in_an_execution_has_the_same_ratio_as_alone(tmp_path, options):
    alone, _ = train(build(**options), tmp_path / "alone", window_steps=1)
    model = build(steps_per_execution=2, **options)
    series, taken = train(model, tmp_path / "several", window_steps=2)
    ratios = series["stability/update_ratio"]
    assert (ratios.rows, ratios.steps) == (ROWS, [2, 4, 6])
    # Measured in the first step of each window, which alone has been traced in the others only.
    np.testing.assert_allclose(
        ratios.statistic("value")[1:],
        alone["stability/update_ratio"].statistic("value")[[1, 3]],
        rtol=1e-4,
    )
    # A callback sees the weights of an execution's end only.
    expected = [[np.linalg.norm(row) for row in weights] for weights in taken[1:]]
    np.testing.assert_allclose(
        series["stability/weight_norm"].statistic("value"), expected, rtol=1e-5
    )


def test_the_ratio_of_a_window_is_that_of_its_first_step_whatever_is_sampled(tmp_path):
    options = {"steps_per_execution": 3}
    often, _ = train(build(**options), tmp_path / "often", window_steps=6, sample_every=1)
    seldom, _ = train(build(**options), tmp_path / "seldom", window_steps=6, sample_every=5)
    ratio = often["stability/update_ratio"].statistic("value")
    np.testing.assert_array_equal(seldom["stability/update_ratio"].statistic("value"), ratio)
    _, taken = train(build(), tmp_path / "by_hand", window_steps=6)
    steps = [np.linalg.norm(b - a) for a, b in zip(taken[0], taken[1], strict=True)]
    weights = [np.linalg.norm(a) for a in taken[0]]
    np.testing.assert_allclose(ratio, [np.divide(steps, weights)], rtol=1e-4)


@pytest.mark.parametrize("options", [{"jit_compile": True}, {"jit_compile": False}], ids=str)
def test_looking_into_an_execution_changes_no_bit(tmp_path, options):
    def trained(callbacks):
        model = build(steps_per_execution=3, **options)
        model.fit(X, Y, batch_size=4, epochs=2, verbose=0, callbacks=callbacks)
        return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]

    callback = StabilityCallback(tmp_path, quantities=["update_ratio"], window_steps=3)
    for expected, found in zip(trained([]), trained([callback]), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert read_series(tmp_path)["stability/update_ratio"].steps == [3, 6, 9, 12]


def test_frozen_layers_are_missing_and_zero_weights_have_no_ratio(tmp_path):
    model = build()
    model.get_layer("first").trainable = False
    model.compile(keras.optimizers.SGD(0.0), "mse")
    model.get_layer("second").set_weights([np.zeros((4, 1)), np.zeros(1)])
    series, _ = train(model, tmp_path, window_steps=3)
    assert series["stability/weight_norm"].statistic("count")[-1].tolist() == [0, 1, 1]
    assert series["stability/weight_norm"].of_row("second", "value").tolist() == [0, 0]
    assert series["stability/update_ratio"].statistic("count")[-1].tolist() == [0, 1, 0]
    assert series["stability/update_ratio"].of_row("norm", "value").tolist() == [0, 0]


def test_weights_that_are_no_longer_finite_show_as_such(tmp_path):
    model = build()
    weights = model.get_layer("second").get_weights()
    model.get_layer("second").set_weights([np.full_like(weights[0], np.nan), weights[1]])
    series, _ = train(model, tmp_path, window_steps=3)
    assert np.isnan(series["stability/weight_norm"].of_row("second", "value")).all()
    assert np.isnan(series["stability/update_ratio"].of_row("second", "value")).all()

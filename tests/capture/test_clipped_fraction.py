import keras
import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.recorded import read_series

X = np.eye(6, dtype=np.float32)
# The gradient of the mean squared error of a zero line is -2 y, in the kernel and in the bias.
Y = np.array([[0.1], [5.0], [0.2], [7.0], [0.0], [0.3]], np.float32)


def clipped(log_dir, *, compile_options=None, **settings):
    optimizer = keras.optimizers.SGD(0.0, name="sgd", **settings)
    if compile_options and compile_options.pop("scaled", False):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, kernel_initializer="zeros")])
    model.compile(optimizer, "mse", **(compile_options or {}))
    callback = StabilityCallback(log_dir, window_steps=1)
    model.fit(X, Y, batch_size=1, shuffle=False, verbose=0, callbacks=[callback])
    return read_series(log_dir).get("stability/clipped_fraction")


@pytest.mark.parametrize(
    "compile_options", [{}, {"jit_compile": True}, {"run_eagerly": True}, {"scaled": True}]
)
@pytest.mark.parametrize(
    "settings", [{"clipnorm": 1.0}, {"global_clipnorm": 1.0}, {"clipvalue": 1.0}]
)
def test_steps_are_counted_whose_gradients_are_changed(tmp_path, settings, compile_options):
    series = clipped(tmp_path, compile_options=dict(compile_options), **settings)
    assert series.rows == ("sgd",)
    assert series.of_row("sgd", "mean").tolist() == [0, 1, 0, 1, 0, 0]
    assert series.of_row("sgd", "count").tolist() == [1] * 6


def test_the_norm_of_one_variable_and_of_all_are_told_apart(tmp_path):
    # Kernel and bias have a gradient of norm 10 each: 14.1 together.
    assert clipped(tmp_path / "a", clipnorm=12.0).statistic("max").max() == 1
    assert clipped(tmp_path / "b", clipnorm=14.05).statistic("max").max() == 0
    assert clipped(tmp_path / "c", global_clipnorm=14.05).statistic("max").max() == 1


def test_accumulated_gradients_are_judged_when_they_are_applied(tmp_path):
    series = clipped(tmp_path, clipvalue=4.0, gradient_accumulation_steps=2)
    assert series.of_row("sgd", "count").tolist() == [0, 1, 0, 1, 0, 1]
    # The mean of two steps' gradients: 5.1, 7.2 and 0.3.
    assert series.of_row("sgd", "mean")[1::2].tolist() == [1, 1, 0]


def test_an_optimizer_that_does_not_clip_has_no_row(tmp_path):
    assert clipped(tmp_path) is None

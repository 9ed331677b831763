"""Gradient norms beyond what each way of training shows (see test_ways): scaling, and range."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from tb_stability import StabilityCallback
from tb_stability.capture.gradient_norm import layer_norms
from tests.capture.models import X, Y
from tests.capture.recorded import read_series
from tests.capture.ways import SGD, Way, shuffled


def scaled():
    return keras.optimizers.LossScaleOptimizer(SGD(0.01), initial_scale=2.0**40)


def test_a_step_that_loss_scaling_skips_is_not_a_nonfinite_gradient(tmp_path):
    Way(policy="mixed_float16", optimizer=scaled, epochs=12).trained(
        StabilityCallback(tmp_path, window_steps=1)
    )
    series = read_series(tmp_path)
    gradient = series["stability/gradient_norm"]
    assert gradient.statistic("nonfinite").max() == 0
    assert gradient.of_row("first", "count")[0] == 0
    assert gradient.of_row("first", "count")[-1] == 1
    assert series["stability/loss"].statistic("count").min() == 1


def test_a_gradient_that_is_nan_at_any_scale_is_nonfinite(tmp_path):
    way = Way(
        policy="mixed_float16", fit=lambda: {"x": shuffled(X, np.full_like(Y, np.nan))}, epochs=5
    )
    way.trained(StabilityCallback(tmp_path, window_steps=1))
    gradient = read_series(tmp_path)["stability/gradient_norm"]
    # The scale is halved in every step that fails: from the 16th on it is no excuse.
    assert gradient.of_row("last", "nonfinite").tolist() == [0] * 15 + [1] * 5
    assert np.isnan(gradient.of_row("last", "mean")[-1])


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

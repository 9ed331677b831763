"""Each way of training: exact norms and losses, and weights that are the same to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from tb_stability import StabilityCallback
from tests.capture.line import check_same
from tests.capture.recorded import read_series
from tests.capture.ways import WAYS


@pytest.mark.filterwarnings("ignore:Gradients do not exist")
@pytest.mark.parametrize("name", WAYS)
def test_exact_values_and_unchanged_training(tmp_path, name):
    way = WAYS[name]
    plain, history = way.trained()
    # A window of one execution, so that what is sampled is measured in it.
    model, observed_history = way.trained(StabilityCallback(tmp_path, window_steps=1))
    losses, norms = way.trained_by_hand()

    assert observed_history == history
    check_same(model, plain)

    series = read_series(tmp_path)
    gradient, loss = series["stability/gradient_norm"], series["stability/loss"]
    assert gradient.rows == way.rows
    assert loss.rows == ("loss",)
    if way.compile.get("steps_per_execution", 1) == 1:
        assert gradient.steps == loss.steps == list(range(1, len(losses) + 1))
    for recorded, values in ((gradient, norms), (loss, losses[:, None])):
        check(recorded, values)


def check(recorded, values):
    """Compares the statistics of each window with the values of each step."""
    step = 0
    for record in recorded.values:
        found = dict(zip(recorded.statistics, record.T, strict=True))
        counts = np.nanmax(found["count"])
        window = values[step : step + int(counts)]
        step += int(counts)
        measured = ~np.isnan(window).any(axis=0)
        np.testing.assert_array_equal(found["count"], np.where(measured, counts, 0))
        np.testing.assert_array_equal(found["nonfinite"], np.zeros_like(counts))
        for name, statistic in (("mean", np.mean), ("min", np.min), ("max", np.max)):
            np.testing.assert_allclose(found[name], statistic(window, axis=0), rtol=1e-5)
        np.testing.assert_allclose(found["last"], window[-1], rtol=1e-5)
        where = np.argmax(np.nan_to_num(window), axis=0)
        np.testing.assert_array_equal(found["argmax"][measured], where[measured])
    assert step == len(values)

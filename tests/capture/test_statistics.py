import numpy as np
import pytest

from tb_stability.capture.statistics import MISSING, per_step_statistics
from tb_stability.metadata import PER_STEP


def statistics_of(column):
    result = per_step_statistics(np.array(column, np.float32).reshape(-1, 1))
    assert result.dtype == np.float32
    return dict(zip(PER_STEP, result[0].tolist(), strict=True))


def test_finite_measurements():
    assert statistics_of([2.0, -4.0, 8.0, 6.0]) == {
        "mean": 3.0,
        "min": -4.0,
        "max": 8.0,
        "last": 6.0,
        "count": 4.0,
        "nonfinite": 0.0,
        "argmax": 2.0,
        "first_nonfinite": -1.0,
    }


def test_nonfinite_measurements_are_counted_and_kept_out_of_the_rest():
    assert statistics_of([1.0, np.inf, 3.0, np.nan]) == {
        "mean": 2.0,
        "min": 1.0,
        "max": 3.0,
        "last": 3.0,
        "count": 4.0,
        "nonfinite": 2.0,
        "argmax": 2.0,
        "first_nonfinite": 1.0,
    }


@pytest.mark.parametrize("last", [np.nan, np.inf, -np.inf])
def test_a_window_without_a_finite_measurement_shows_the_last_value(last):
    found = statistics_of([MISSING, np.nan, last, MISSING])
    for name in ("mean", "min", "max", "last"):
        np.testing.assert_equal(found[name], last)
    assert (found["count"], found["nonfinite"]) == (2.0, 2.0)
    assert (found["argmax"], found["first_nonfinite"]) == (2.0, 1.0)


@pytest.mark.parametrize("column", [[], [MISSING, MISSING]])
def test_a_row_that_was_not_measured_is_missing(column):
    found = statistics_of(column)
    assert np.isnan([found[name] for name in ("mean", "min", "max", "last")]).all()
    assert (found["count"], found["nonfinite"]) == (0.0, 0.0)
    assert found["first_nonfinite"] == -1.0


def test_positions_are_those_in_the_window_and_not_among_the_measured():
    found = statistics_of([MISSING, 1.0, MISSING, 5.0, np.nan])
    assert (found["argmax"], found["first_nonfinite"], found["count"]) == (3.0, 4.0, 3.0)


def test_the_mean_of_huge_values_does_not_overflow():
    assert statistics_of([3e38, 3e38])["mean"] == pytest.approx(3e38)

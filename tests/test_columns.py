from __future__ import annotations

import numpy as np
import pytest

from tb_stability import metadata
from tb_stability.columns import Columns, merge_columns
from tb_stability.series import Series, Windows
from tests import synthetic


def gradient_norm(means: np.ndarray) -> tuple[Series, Windows]:
    windows = synthetic.windows(len(means))
    rows = [f"layer {index}" for index in range(means.shape[1])]
    values = synthetic.per_step(means)
    return synthetic.series(metadata.GRADIENT_NORM, values, windows, rows), windows


def test_fewer_windows_than_columns_stay_as_they_are() -> None:
    series, windows = gradient_norm(np.random.default_rng(0).random((7, 3)))
    columns = merge_columns(series, windows, columns=100)
    assert len(columns) == columns.windows == 7
    for name in metadata.PER_STEP:
        np.testing.assert_array_equal(columns.statistics[name], series.statistic(name).T)


@pytest.mark.parametrize(("windows", "columns"), [(100, 7), (101, 100), (3, 1), (64, 64), (5, 2)])
def test_merging_agrees_with_a_naive_computation(windows: int, columns: int) -> None:
    rng = np.random.default_rng(windows)
    means = rng.lognormal(0, 3, (windows, 2))
    means[rng.random(means.shape) < 0.2] = np.nan
    means[rng.random(means.shape) < 0.1] = np.inf
    series, of = gradient_norm(means)
    count = metadata.PER_STEP.index("count")
    series.values[..., count] = rng.integers(0, 4, means.shape)
    series.values[..., metadata.PER_STEP.index("nonfinite")] *= series.values[..., count] / 10
    series.values[..., metadata.PER_STEP.index("argmax")] = rng.integers(0, 10, means.shape)

    merged = merge_columns(series, of, columns=columns)

    assert merged.windows == windows
    assert len(merged) == columns
    assert merged.first_step[0] == 1
    assert merged.last_step[-1] == windows * 10
    np.testing.assert_array_equal(merged.first_step[1:], merged.last_step[:-1] + 1)
    for column in range(columns):
        inside = (series.step >= merged.first_step[column]) & (
            series.step <= merged.last_step[column]
        )
        for row in range(2):
            expected = naive(series, inside, row, int(merged.first_step[column]))
            for name, value in expected.items():
                found = merged.statistics[name][row, column]
                np.testing.assert_allclose(found, value, rtol=1e-5, err_msg=name)


def naive(series: Series, inside: np.ndarray, row: int, first_step: int) -> dict[str, float]:
    """Statistics of one cell, one window at a time."""
    windows = [
        dict(zip(metadata.PER_STEP, series.values[index, row].tolist(), strict=True))
        | {"offset": int(series.first_step[index]) - first_step}
        for index in np.flatnonzero(inside)
    ]
    counted = {
        "count": sum(window["count"] for window in windows),
        "nonfinite": sum(window["nonfinite"] for window in windows),
    }
    measured = [window for window in windows if window["count"] > 0]
    if not measured:
        return counted
    broken = [window for window in measured if window["first_nonfinite"] >= 0]
    first = broken[0]["offset"] + broken[0]["first_nonfinite"] if broken else -1
    finite = [window for window in measured if np.isfinite(window["mean"])]
    if not finite:
        return counted | {"mean": measured[-1]["mean"], "first_nonfinite": first}
    weights = [window["count"] - window["nonfinite"] for window in finite]
    top = max(finite, key=lambda window: window["max"])
    return counted | {
        "mean": float(np.average([window["mean"] for window in finite], weights=weights)),
        "min": min(window["min"] for window in finite),
        "max": top["max"],
        "last": finite[-1]["last"],
        "argmax": top["offset"] + top["argmax"],
        "first_nonfinite": first,
    }


def test_a_spike_of_one_window_survives_any_reduction() -> None:
    means = np.ones((10_000, 1))
    means[6_543] = 1e6
    series, windows = gradient_norm(means)
    columns = merge_columns(series, windows, columns=10)
    assert columns.statistics["max"].max() == pytest.approx(1.2e6)
    step = columns.first_step[6] + columns.statistics["argmax"][0, 6]
    assert step == 65_431 + 5


def test_a_range_keeps_the_windows_that_overlap_it() -> None:
    series, windows = gradient_norm(np.ones((10, 1)))
    columns = merge_columns(series, windows, columns=100, first_step=15, last_step=31)
    assert columns.first_step.tolist() == [11, 21, 31]


def test_a_range_beside_the_run_is_empty() -> None:
    series, windows = gradient_norm(np.ones((10, 1)))
    columns = merge_columns(series, windows, columns=100, first_step=500)
    assert (len(columns), columns.windows) == (0, 0)
    assert columns.statistics["mean"].shape == (1, 0)


def test_epochs_are_fractional_and_an_open_epoch_is_as_long_as_the_longest() -> None:
    series, windows = gradient_norm(np.ones((5, 1)))  # two windows an epoch, the last epoch open
    columns: Columns = merge_columns(series, windows, columns=100)
    assert columns.epoch_start.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert columns.epoch_end.tolist() == [0.5, 1.0, 1.5, 2.0, 2.5]

"""Weights that are not finite, or grow."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import Quantity
from tb_stability.onsets import find_onsets
from tests import synthetic
from tests.onsets.runs import falling_run, rows, told, with_quantity


def test_weights_that_are_nan_are_told_though_the_loss_is_finite() -> None:
    norm = np.where(np.arange(40) >= 25, np.nan, 3.0)
    run = falling_run()
    table = np.stack([rows(norm, norm), np.ones((40, 2))], axis=-1).astype(np.float32)
    quantity = Quantity("weight_norm", "weight_norm", "", "layer", ("value", "count"))
    series = synthetic.series(quantity, table, run.windows, ("first", "second"))
    (onset,) = find_onsets(dataclasses.replace(run, series=(*run.series, series)))
    assert (onset.kind, onset.severity, onset.row) == ("nonfinite_weights", "critical", "first")
    assert (onset.epoch, onset.step) == (12, 260)


def test_weights_that_grow_into_a_failure_are_its_cause() -> None:
    growing = 2.0 * 1.15 ** np.arange(40)
    run = with_quantity(falling_run(30), "weight_norm", rows(np.full(40, 3.0), growing))
    growth, divergence = find_onsets(run)
    assert (growth.kind, growth.severity, growth.row) == ("weight_growth", "warning", "second")
    assert growth.step == 51  # doubled after five windows
    assert (divergence.kind, divergence.cause) == ("loss_divergence", 0)


@pytest.mark.parametrize("final", [4.0, 9.0])
def test_weights_that_double_or_triple_are_healthy(final: float) -> None:
    norm = np.linspace(2.0, final, 40)
    assert (
        told(with_quantity(falling_run(30), "weight_norm", rows(norm, norm)), "weight_growth") == []
    )


def test_weights_that_began_near_zero_grow_to_what_is_usual() -> None:
    # A last layer that is to do nothing at first: its norm grew ten-thousandfold, and was healthy.
    norm = np.minimum(1e-3 * 1.5 ** np.arange(40), 8.0) + 0.01 * np.arange(40)
    run = with_quantity(falling_run(30), "weight_norm", rows(norm, np.full(40, 3.0)))
    assert told(run, "weight_growth") == []


def test_weights_that_began_near_zero_may_still_grow_without_bound() -> None:
    norm = 1e-3 * 1.5 ** np.arange(40)
    run = with_quantity(falling_run(35), "weight_norm", rows(norm, np.full(40, 3.0)))
    (onset,) = told(run, "weight_growth")
    assert (onset.row, onset.evidence.baseline) == ("first", 1.0)
    assert onset.step == 191  # 1.5 ** 19 = 2217: the first norm above two

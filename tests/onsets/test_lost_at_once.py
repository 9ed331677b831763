"""A loss that is gone within the first window."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.metadata import LOSS
from tb_stability.onsets import find_onsets
from tb_stability.series import RunSeries
from tests import synthetic


def run_of(mean: np.ndarray, lowest: list[float]) -> RunSeries:
    run = synthetic.run(mean, per_epoch=1)
    values = synthetic.per_step(mean)
    values[:, 0, LOSS.statistics.index("min")] = lowest
    series = synthetic.series(LOSS, values, run.windows, ("loss",))
    return dataclasses.replace(run, series=(series, *run.series[1:]))


FALLING = 1e28 * 0.3 ** np.arange(8)


def test_a_loss_that_was_never_again_what_it_began_with() -> None:
    # It "falls" by four orders of magnitude, and ends ten above its start.
    (onset,) = find_onsets(run_of(FALLING, [1e11, *(0.5 * FALLING[1:])]))
    assert (onset.kind, onset.severity, onset.step) == ("loss_divergence", "critical", 1)
    assert onset.message == (
        "The loss rose from 1e+11 to 1.2e+28 within the first window, and has not come back: it "
        "was never below 1.09e+24 since."
    )


def test_not_of_a_start_that_is_made_up_for() -> None:
    assert find_onsets(run_of(FALLING, [1e11, *(0.5 * FALLING[1:-1]), 1e12])) == []


def test_not_before_it_is_certain() -> None:
    assert find_onsets(run_of(FALLING[:3], [1e11, *(0.5 * FALLING[1:3])])) == []


def test_not_of_losses_of_single_samples() -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        errors = rng.standard_normal((30, 25)) ** 2
        run = run_of(np.exp(-np.arange(30) / 9) + errors.mean(axis=1), list(errors.min(axis=1)))
        assert [o for o in find_onsets(run) if "first window" in o.message] == []

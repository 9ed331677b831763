"""Units that died or saturated."""

from __future__ import annotations

import numpy as np

from tb_stability.onsets import find_onsets
from tests import signals, synthetic
from tests.onsets.runs import ZERO, falling_run, rows, told, with_quantity

DYING = np.where(np.arange(40) >= 21, 0.9, 0.05)


def test_units_that_die_with_the_loss_are_a_warning_dated_to_the_loss() -> None:
    run = with_quantity(falling_run(20), "dead_relu", rows(ZERO, DYING))
    (onset,) = told(run, "dead_relu")
    # All of window 20 was not lost yet: window 21 is the first that counts.
    assert (onset.severity, onset.row, onset.step) == ("warning", "second", 201)
    assert find_onsets(run)[onset.cause or 0].kind == "loss_divergence"
    assert onset.message.startswith("Up to 90% of the units of second are dead: zero for every")


def test_units_that_die_without_harm_are_an_info() -> None:
    (onset,) = told(with_quantity(falling_run(), "dead_relu", rows(ZERO, DYING)), "dead_relu")
    assert (onset.severity, onset.step) == ("info", 211)


def test_units_that_come_back_and_few_units_are_not_told() -> None:
    passing = np.where((np.arange(40) > 10) & (np.arange(40) < 20), 0.9, 0.1)
    run = with_quantity(falling_run(20), "dead_relu", rows(passing, np.full(40, 0.4)))
    assert told(run, "dead_relu") == []


def test_what_a_relu_makes_of_nan_is_not_dead() -> None:
    loss = signals.broken(signals.falling(np.random.default_rng(0), points=40), 20)
    run = with_quantity(synthetic.run(loss), "dead_relu", rows(ZERO, DYING))
    assert told(run, "dead_relu") == []


def test_saturated_units_are_told_likewise() -> None:
    run = with_quantity(falling_run(20), "saturation", rows(DYING, ZERO))
    (onset,) = told(run, "saturated_activation")
    assert (onset.severity, onset.row, onset.epoch) == ("warning", "first", 10)

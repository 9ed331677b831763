"""Units that died or saturated."""

from __future__ import annotations

import numpy as np

from tb_stability.onsets import find_onsets
from tests import signals, synthetic
from tests.onsets.runs import ZERO, falling_run, rows, stuck_run, told, with_quantity

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


def test_half_of_the_units_may_be_zero_at_first_and_the_others_die_later() -> None:
    """Seen at a rate of 0.05: a layer of which 64 % were zero at first stood for all that died."""
    begun_half = np.where(np.arange(40) >= 21, 1.0, 0.6)
    run = with_quantity(falling_run(20), "dead_relu", rows(begun_half, DYING))
    (onset,) = told(run, "dead_relu")
    assert (onset.row, onset.step) == ("first", 201)
    assert onset.message == (
        "Up to 100% of the units of first are dead: zero for every sample since step 201 (epoch "
        "10), after 60% before."
    )


def test_units_that_die_within_the_first_window_are_told_from_those_that_were_dead_at_first() -> (
    None
):
    died = np.where(np.arange(12) >= 1, 1.0, 0.08)
    run = with_quantity(
        stuck_run([1.0, 1.0, 1.0]), "dead_relu", rows(np.where(died == 1, 0.97, 0.55), died)
    )
    (onset,) = told(run, "dead_relu")
    assert (onset.severity, onset.row, onset.step) == ("warning", "second", 1)
    assert onset.message.endswith(
        "zero for every sample since step 1 (epoch 0), after 8% at first."
    )
    assert onset.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.001)"
    assert onset.remedies[0].text == (
        "Lower the learning rate from 0.01 to 0.001, for more epochs. One step too large kills "
        "units for good."
    )


def test_units_that_were_dead_at_first_and_stay_so_were_born_dead() -> None:
    for fraction in (np.full(12, 1.0), np.where(np.arange(12) >= 5, 0.65, 0.6)):
        run = with_quantity(stuck_run([1.0] * 3), "dead_relu", rows(fraction * 0, fraction))
        (onset,) = told(run, "dead_relu")
        assert (onset.row, onset.step, onset.evidence.baseline) == ("second", 1, None)
        assert onset.message.endswith("zero for every sample since step 1 (epoch 0).")
        texts = [remedy.text.partition(":")[0] for remedy in onset.remedies]
        # No step was taken yet, so that no rate can be to blame.
        assert texts == [
            "Initialise the layer before second for ReLU.",
            "Let the units of second recover",
        ]


def test_of_saturated_units_those_at_first_count_as_well() -> None:
    fraction = np.where(np.arange(12) >= 5, 0.95, 0.6)
    run = with_quantity(stuck_run([1.0] * 3), "saturation", rows(fraction * 0, fraction))
    (onset,) = told(run, "saturated_activation")
    assert onset.step == 1

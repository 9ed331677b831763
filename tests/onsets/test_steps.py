"""Steps that are too large or too small, and gradients that do not arrive."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.onsets import find_onsets
from tb_stability.series import RunSeries
from tests import synthetic
from tests.onsets.runs import ZERO, falling_run, rows, stuck_run, told, with_quantity


def test_large_steps_are_told_where_they_lead_to_a_failure() -> None:
    ratio = np.where(np.arange(40) >= 18, 0.4, 0.002)
    (onset,) = told(
        with_quantity(falling_run(20), "update_ratio", rows(ZERO + 0.001, ratio)),
        "update_ratio_high",
    )
    assert (onset.severity, onset.row, onset.step) == ("critical", "second", 181)
    assert onset.evidence.baseline == pytest.approx(0.002)
    assert onset.message == (
        "From step 181 (epoch 9) on, one step changes the weights of second by up to 0.400 of "
        "their norm, after 0.00200 before, until step 210 (epoch 10), where the run fails."
    )


def test_the_step_of_the_failure_itself_is_told_as_such() -> None:
    ratio = np.where(np.arange(40) >= 20, 40.0 - np.arange(40) / 2, 0.002)
    run = with_quantity(falling_run(20), "update_ratio", rows(ZERO + 0.001, ratio))
    (onset,) = told(run, "update_ratio_high")
    assert onset.message == (
        "At step 201 (epoch 10), as the run fails, one step changes the weights of second by 30.0 "
        "times their norm, after 0.00200 before."
    )


@pytest.mark.parametrize("onset", [None, 30])
def test_large_steps_that_lead_nowhere_are_not_told(onset: int | None) -> None:
    warming_up = np.where(np.arange(40) < 3, 0.4, 0.002)
    run = with_quantity(falling_run(onset), "update_ratio", rows(ZERO, warming_up))
    assert told(run, "update_ratio_high") == []


def with_dying_units(run: RunSeries, at_first: float, ratio: float) -> RunSeries:
    """A run whose steps are large at first, and whose units are dead from the second window on."""
    first_window = np.arange(len(run.windows)) == 0
    dead = np.where(first_window, at_first, 1.0)
    ratios = np.where(first_window, ratio, 1e-3)
    run = with_quantity(run, "dead_relu", rows(dead, 0 * dead))
    return with_quantity(run, "update_ratio", rows(0.01 + 0 * ratios, ratios))


def test_large_steps_that_kill_units_of_a_run_that_does_not_learn_are_told() -> None:
    """Seen with a transformer at 0.02: the dead units were told, and not what killed them."""
    steps, units, *_ = find_onsets(with_dying_units(stuck_run([1.0, 1.0, 1.0]), 0.05, 0.4))
    assert (steps.kind, steps.severity, steps.row) == ("update_ratio_high", "warning", "second")
    assert steps.message == (
        "At step 1 (epoch 0), as ReLU units die, one step changes the weights of second by 0.400 "
        "of their norm."
    )
    assert (units.kind, units.cause) == ("dead_relu", 0)
    assert steps.remedies[0].code == "keras.optimizers.Adam(learning_rate=2.5e-05)"


@pytest.mark.parametrize(
    "run",
    [
        with_dying_units(stuck_run([1.0, 1.0, 1.0]), 1.0, 0.4),
        with_dying_units(stuck_run([1.0, 1.0, 1.0]), 0.05, 0.05),
        with_dying_units(falling_run(), 0.05, 0.4),
    ],
    ids=["born-dead", "small-steps", "learns"],
)
def test_other_steps_beside_dead_units_are_not_to_blame(run: RunSeries) -> None:
    assert told(run, "update_ratio_high") == []


def small_steps(first: float, second: float, rate: float = 1e-8) -> RunSeries:
    """A run of twelve windows that does not learn, with the update ratios of two layers."""
    run = stuck_run([1.0, 1.0, 1.0])
    record = dataclasses.replace(synthetic.run_record(), learning_rate=rate)
    ratio = np.tile([first, second], (12, 1))
    return with_quantity(dataclasses.replace(run, record=record), "update_ratio", ratio)


def test_steps_that_change_no_layer_explain_why_nothing_is_learnt() -> None:
    low, stuck = find_onsets(small_steps(2e-8, 5e-8))
    assert (low.kind, low.severity, low.row, low.step) == (
        "update_ratio_low",
        "warning",
        "second",
        1,
    )
    assert (stuck.kind, stuck.cause) == ("not_learning", 0)
    assert low.message == (
        "From step 1 (epoch 0) on, one step changes the weights of second by 5e-08 of their norm, "
        "and those of no other layer by more."
    )


def test_the_rate_is_advised_up_to_where_steps_are_healthy() -> None:
    (low,) = told(small_steps(2e-8, 5e-8), "update_ratio_low")
    assert low.remedies[0].text.startswith("Raise the learning rate from 1e-08 to about 0.0002")
    assert low.remedies[0].code == "keras.optimizers.Adam(learning_rate=0.0002)"


def test_a_rate_of_zero_is_said_to_be_zero() -> None:
    (low,) = told(small_steps(0.0, 0.0, rate=0.0), "update_ratio_low")
    assert low.message == "From step 1 (epoch 0) on, no step changes the weights of any layer."
    assert low.remedies[0].text == "Raise the learning rate: it is zero."


@pytest.mark.parametrize(("first", "second"), [(1e-8, 1e-3), (2e-5, 2e-5)])
def test_steps_that_change_a_layer_are_not_too_small(first: float, second: float) -> None:
    assert told(small_steps(first, second), "update_ratio_low") == []


def test_small_steps_of_a_run_that_learns_are_healthy() -> None:
    run = with_quantity(falling_run(), "update_ratio", rows(ZERO + 1e-7, ZERO + 1e-7))
    assert find_onsets(run) == []


def test_where_no_gradient_arrives_a_higher_rate_would_not_help() -> None:
    ratio = np.zeros((12, 2))
    run = with_quantity(stuck_run([0.0, 0.0, 0.0]), "update_ratio", ratio)
    assert told(run, "update_ratio_low") == []


def test_gradients_that_fade_towards_the_input_explain_why_nothing_is_learnt() -> None:
    fading, stuck = find_onsets(stuck_run([1e-7, 1e-4, 1.0]))
    assert (fading.kind, fading.row, fading.step) == ("vanishing_gradient", "embedding", 1)
    assert fading.message == (
        "Hardly any gradient reaches embedding, from step 1 (epoch 0) on: its norm is 1e-07, "
        "against 1.00 in layers behind it."
    )
    assert (stuck.kind, stuck.cause) == ("not_learning", 0)


def test_even_gradients_do_not_fade() -> None:
    assert told(stuck_run([0.02, 0.1, 1.0]), "vanishing_gradient") == []


def test_a_solved_problem_has_no_vanishing_gradient() -> None:
    loss = np.linspace(2.3, 1e-6, 12)
    run = synthetic.run(loss, gradients=np.tile([1e-9, 1e-7, 1e-3], (12, 1)))
    assert find_onsets(run) == []

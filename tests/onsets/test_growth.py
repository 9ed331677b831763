"""States and logits that grow on the way to a failure."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tb_stability.metadata import Quantity
from tb_stability.onsets import Thresholds, find_onsets
from tb_stability.series import RunSeries
from tests import synthetic
from tests.onsets.runs import falling_run, stuck_run, told

STEPS = 20
STATE = ("mean", "min", "max", "nonfinite", "count")


def with_state(run: RunSeries, state: np.ndarray, quantity: str = "cell_state") -> RunSeries:
    """Adds mean absolute states ``[windows, time steps]`` of the layer lstm; NaN is missing."""
    known = np.isfinite(state)
    table = np.stack([state, -state, state, 0 * state, np.where(known, 64, 0)], axis=-1)
    described = Quantity(quantity, quantity, "", "time step", STATE)
    rows = [str(step) for step in range(state.shape[1])]
    series = synthetic.series(described, table.astype(np.float32), run.windows, rows, "lstm")
    return dataclasses.replace(run, series=(*run.series, series))


def accumulating(size: np.ndarray) -> np.ndarray:
    """A state that grows evenly with the time steps to a size given for each window."""
    return size[:, None] * np.linspace(0.05, 1.0, STEPS)


def levelling_off(size: np.ndarray) -> np.ndarray:
    return size[:, None] * (1 - np.exp(-np.arange(1, STEPS + 1) / 3))


# Calm for 25 windows, then growing up to the failure in window 30.
GROWING = np.where(np.arange(40) < 25, 0.8, 0.8 * 3.0 ** np.maximum(np.arange(40) - 24, 0))
LARGE = np.full(40, 12.0)


def test_a_state_that_begins_to_accumulate_explains_the_failure() -> None:
    growth, divergence = find_onsets(with_state(falling_run(30), accumulating(GROWING)))
    assert (growth.kind, growth.severity, growth.row) == ("cell_state_growth", "critical", "lstm")
    assert (growth.epoch, growth.step) == (12, 260)  # the end of window 25
    assert (divergence.kind, divergence.cause) == ("loss_divergence", 0)
    assert growth.message.startswith(
        "From step 260 (epoch 12) on the state of lstm grows over the time steps and does not level"
    )


def test_the_remedy_names_the_time_steps_up_to_which_the_state_stays_healthy() -> None:
    # It grows evenly to 6, and so to 3 within the first ten of twenty steps.
    mild = np.where(np.arange(40) < 25, 0.8, 6.0)
    (growth,) = told(with_state(falling_run(30), accumulating(mild)), "cell_state_growth")
    shorter = growth.remedies[0]
    assert shorter.text.startswith("Cut the sequences into pieces of at most 10 time steps")
    assert "the state of lstm grows past 3.00" in shorter.text
    assert "sequence_length=10" in shorter.code


@pytest.mark.parametrize(
    "state",
    [
        accumulating(LARGE),  # a layer that counts, and did so while training went well
        accumulating(np.full(40, 0.5)),  # small
        levelling_off(GROWING),  # forgets
        accumulating(np.where(np.arange(40) < 30, 0.8, 50.0)),  # grew with the failure, not before
    ],
    ids=["counting", "small", "forgetting", "later"],
)
def test_a_state_that_did_not_lead_to_the_failure_is_not_to_blame(state: np.ndarray) -> None:
    assert told(with_state(falling_run(30), state), "cell_state_growth") == []


def test_a_state_that_falls_with_the_step_that_breaks_the_run_is_judged_at_its_highest() -> None:
    # The loss rises slowly at first, so that it is dated two windows later than the state's fall.
    fallen = np.where(np.arange(40) < 28, GROWING, 0.4)
    growth, divergence = find_onsets(with_state(falling_run(30), accumulating(fallen)))
    assert (growth.kind, growth.step) == ("cell_state_growth", 260)
    assert (divergence.kind, divergence.cause) == ("loss_divergence", 0)


def test_a_state_that_fell_long_before_the_failure_is_not_to_blame() -> None:
    fallen = np.where(np.arange(40) < 27, GROWING, 0.4)
    assert told(with_state(falling_run(30), accumulating(fallen)), "cell_state_growth") == []


def begins_to_accumulate(window: int) -> np.ndarray:
    """A state that levels off, and from a window on accumulates to no more than twice the size."""
    early = np.arange(40)[:, None] < window
    return np.where(early, levelling_off(np.full(40, 2.0)), accumulating(np.full(40, 4.0)))


def test_a_state_that_levelled_off_as_long_as_the_run_was_healthy_explains_the_failure() -> None:
    growth, divergence = find_onsets(with_state(falling_run(30), begins_to_accumulate(28)))
    assert (growth.kind, growth.step) == ("cell_state_growth", 290)
    assert (divergence.kind, divergence.cause) == ("loss_divergence", 0)


def test_a_state_that_accumulated_for_most_of_a_healthy_time_is_not_to_blame() -> None:
    run = with_state(falling_run(30), begins_to_accumulate(6))
    assert told(run, "cell_state_growth") == []


def test_a_layer_that_is_meant_to_count_is_left_alone() -> None:
    counting = accumulating(np.linspace(0.5, 40.0, 40))
    assert find_onsets(with_state(falling_run(), counting)) == []


def test_a_state_that_accumulates_from_the_start_explains_that_nothing_is_learnt() -> None:
    run = with_state(stuck_run([1.0, 1.0, 1.0]), accumulating(LARGE[:12]))
    growth, stuck = find_onsets(run)
    assert (growth.kind, growth.severity, growth.step) == ("cell_state_growth", "warning", 1)
    assert (stuck.kind, stuck.cause) == ("not_learning", 0)


def test_a_run_that_fails_before_it_has_a_baseline_is_judged_by_size_alone() -> None:
    loss = np.append([1.0, 1.0], np.full(10, np.nan))
    state = accumulating(np.append([30.0, 300.0], np.full(10, np.nan)))
    growth = find_onsets(with_state(synthetic.run(loss), state))[0]
    assert (growth.kind, growth.step) == ("cell_state_growth", 1)


def test_a_hidden_state_grows_likewise() -> None:
    (growth,) = told(
        with_state(falling_run(30), accumulating(GROWING), "hidden_state"), "cell_state_growth"
    )
    assert growth.evidence.tag == "stability/hidden_state/lstm"


def test_what_counts_as_a_large_state_is_a_threshold() -> None:
    run = with_state(falling_run(30), accumulating(GROWING))
    assert told(run, "cell_state_growth", Thresholds(state_size=1e9)) == []
    assert told(run, "cell_state_growth", Thresholds(state_growth=2.5)) == []


def with_logits(run: RunSeries, largest: np.ndarray) -> RunSeries:
    quantity = Quantity("logits", "logits", "", "output")
    table = synthetic.per_step(largest)
    series = synthetic.series(quantity, table, run.windows, ("output",), "max_abs")
    return dataclasses.replace(run, series=(*run.series, series))


def test_logits_that_grow_before_the_failure_are_its_cause() -> None:
    growth, divergence = find_onsets(with_logits(falling_run(30), 10 * GROWING))
    assert (growth.kind, growth.severity, growth.row) == ("logit_growth", "critical", "output")
    assert (growth.epoch, growth.step) == (12, 251)
    assert (divergence.kind, divergence.cause) == ("loss_divergence", 0)
    assert growth.evidence.baseline == pytest.approx(1.2 * 8.0)  # the largest of a window
    assert "left their baseline of 9.60 at step 251 (epoch 12)" in growth.message


@pytest.mark.parametrize(
    "largest",
    [
        np.full(40, 40.0),  # large all along
        GROWING / 400,  # grow, and are small even so
        np.where(np.arange(40) < 30, 8.0, 4000.0),  # grow with the failure
    ],
)
def test_logits_that_did_not_lead_to_the_failure_are_not_to_blame(largest: np.ndarray) -> None:
    assert told(with_logits(falling_run(30), largest), "logit_growth") == []


def test_logits_of_classes_that_can_be_separated_grow_to_nobodys_harm() -> None:
    separable = with_logits(falling_run(), np.geomspace(1.0, 500.0, 40))
    assert find_onsets(separable) == []

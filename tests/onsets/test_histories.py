"""The engine on logs of epochs alone, in the shapes that people's have."""

from __future__ import annotations

import numpy as np
import pytest

from tb_stability.onsets import find_onsets
from tests import histories
from tests.faulty_histories import FAULTY
from tests.healthy_histories import HEALTHY

SEEDS = range(10)


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_log_gives_no_warning(name: str) -> None:
    for seed in SEEDS:
        run = histories.run_of(HEALTHY[name](np.random.default_rng(seed)))
        told = [item for item in find_onsets(run) if item.severity != "info"]
        assert told == [], f"seed {seed}"


@pytest.mark.parametrize("name", FAULTY)
def test_a_faulty_log_tells_one_story_from_the_epoch_where_it_began(name: str) -> None:
    history, kind, epoch = FAULTY[name]
    for seed in SEEDS:
        onsets = find_onsets(histories.run_of(history(np.random.default_rng(seed))))
        serious = [item for item in onsets if item.severity != "info"]
        assert (kind, epoch) in [(item.kind, item.epoch) for item in serious], f"seed {seed}"
        assert [item.cause for item in serious].count(None) == 1, f"seed {seed}"


def test_a_log_that_begins_in_the_middle_was_trained_before() -> None:
    flat = histories.run_of({"loss": np.full(20, 0.7)})
    late = histories.run_of({"loss": np.full(20, 0.7)})
    for array in (late.windows.epoch, late.windows.first_step, late.windows.last_step):
        array += 10
    assert [item.kind for item in find_onsets(flat)] == ["not_learning"]
    assert find_onsets(late) == []


def test_a_part_of_the_loss_that_breaks_is_named() -> None:
    history, _, _ = FAULTY["nan_in_one_of_two_losses"]
    (onset,) = find_onsets(histories.run_of(history(np.random.default_rng(0))))
    assert onset.row == "g_loss"
    assert onset.message == "The log g_loss became NaN at epoch 5, and never finite again."

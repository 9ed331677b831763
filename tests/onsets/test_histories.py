"""The engine on logs of epochs alone, in the shapes that people's have."""

from __future__ import annotations

import numpy as np
import pytest

from tb_stability.csv_log import parse_csv_log
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


def kinds_of(loss: np.ndarray) -> list[tuple[str, str]]:
    onsets = find_onsets(histories.run_of({"loss": loss}))
    return [(item.kind, item.severity) for item in onsets]


def test_a_loss_that_has_made_up_for_half_and_falls_on_is_a_spike_on_its_way_back() -> None:
    fall = 0.1 + 0.9 * np.exp(-np.arange(10) / 2)
    (spike,) = find_onsets(histories.run_of({"loss": np.append(fall, fall + 0.2)}))
    assert (spike.kind, spike.severity, spike.epoch) == ("loss_spike", "warning", 10)
    assert spike.message.endswith("and is on its way back: it ends at 0.310.")
    assert spike.end_step is None
    # One that stops half way has lost what it lost.
    stopped = np.append(fall, np.maximum(fall + 0.2, 0.5))
    assert kinds_of(stopped) == [("loss_divergence", "critical")]
    # One that had exploded, and fell by orders of magnitude, is still no better than untrained.
    exploded = np.append(fall, 1e9 * 0.3 ** np.arange(10) + 2.0)
    assert kinds_of(exploded) == [("loss_divergence", "critical")]


def test_a_curve_that_levels_off_has_learnt_whatever_it_stands_on() -> None:
    noise = 0.004 * np.random.default_rng(0).standard_normal(40)
    curve = np.exp(-np.arange(40) / 8)
    assert kinds_of(100 + curve + noise) == []
    # What falls evenly has only begun, and what falls once and stays is stuck.
    assert kinds_of(100 - 0.01 * np.arange(40)) == [("not_learning", "warning")]
    assert kinds_of(np.append(100.7, np.full(39, 100.0))) == [("not_learning", "warning")]
    # Where an accuracy says that nothing is learnt, the curve does not count.
    columns = {"loss": 100 + curve + noise, "accuracy": np.full(40, 0.1)}
    kinds = [item.kind for item in find_onsets(histories.run_of(columns))]
    assert kinds == ["not_learning", "chance_accuracy"]


def test_a_fall_without_bound_is_told_of_few_points() -> None:
    loss = np.array([405.0, 381, 378, 376, 375, -108174, -334066, -561826, -790546])
    (plunge,) = find_onsets(histories.run_of({"loss": loss}))
    assert (plunge.kind, plunge.epoch) == ("loss_divergence", 5)
    assert plunge.remedies[0].text.startswith("See whether the loss has a least value at all")


def test_what_rises_at_a_boundary_again_and_again_is_told_once() -> None:
    fall = np.geomspace(6.0, 0.5, 12)
    rows = [f"{row},{epoch},{loss}" for row, (epoch, loss) in enumerate(
        (epoch, loss * 0.9**epoch) for epoch in range(5) for loss in fall
    )]  # fmt: skip
    onsets = find_onsets(parse_csv_log("log", ["step,epoch,loss", *rows]))
    assert [item.kind for item in onsets] == ["epoch_boundary_jump"]


@pytest.mark.parametrize(
    ("loss", "told"),
    [
        ([2.1, 2.0, 0.0, 0.0, 0.0], [("nonfinite_loss", "warning")]),
        ([2.1, 0.6, 0.0, 0.0, 0.0], []),  # it was on its way down
        ([2.1, 2.0, 1.9, 0.0, 0.0], []),
        ([0.0, 0.0, 0.0, 0.0, 0.0], []),
    ],
)
def test_a_loss_of_nothing_but_zeros_all_at_once_stands_for_nan(
    loss: list[float], told: list[tuple[str, str]]
) -> None:
    assert kinds_of(np.array(loss)) == told

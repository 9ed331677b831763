from __future__ import annotations

import numpy as np
import pytest

from tb_stability.detectors import Excursion
from tests import signals

SEEDS = range(20)


@pytest.mark.parametrize("name", signals.HEALTHY)
def test_healthy_losses_never_rise_for_good(name: str) -> None:
    for seed in SEEDS:
        values = signals.HEALTHY[name](np.random.default_rng(seed))
        found = Excursion().detect(values)
        assert [item for item in found if item.end is None] == [], f"seed {seed}"


@pytest.mark.parametrize("onset", [8, 20, 40])
def test_a_step_up_is_dated_to_the_point(onset: int) -> None:
    for seed in SEEDS:
        base = signals.falling(np.random.default_rng(seed))
        (found,) = Excursion().detect(signals.stepped(base, onset, 2.0))
        assert (found.start, found.end) == (onset, None)
        assert found.certain == onset + 2  # patience 3


def test_a_ramp_is_walked_back_to_near_its_beginning() -> None:
    for seed in SEEDS:
        base = signals.falling(np.random.default_rng(seed), points=80)
        (found,) = Excursion().detect(signals.ramped(base, 50, 0.1))
        assert 49 <= found.start <= 52


def test_a_spike_ends_where_it_ends() -> None:
    base = signals.falling(np.random.default_rng(0))
    (found,) = Excursion().detect(signals.spiked(base, 30, 3.0, 4))
    assert (found.start, found.end) == (30, 34)
    assert found.value == pytest.approx(base[30:34].max() + 3.0)


def test_the_points_of_a_spike_never_enter_the_baseline() -> None:
    base = signals.plateau(np.random.default_rng(0), points=60)
    values = signals.spiked(signals.spiked(base, 20, 3.0, 15), 45, 3.0, 15)
    first, second = Excursion().detect(values)
    assert second.baseline == pytest.approx(first.baseline, abs=0.02)


def test_a_loss_that_gives_back_little_of_its_gain_is_left_alone() -> None:
    rng = np.random.default_rng(0)
    values = signals.stepped(signals.falling(rng, noise=0.001), 50, 0.1)
    assert Excursion().detect(values) == []
    assert len(Excursion(giveback=0.02).detect(values)) == 1


def test_a_rise_by_orders_of_magnitude_counts_however_much_was_gained() -> None:
    level = np.concatenate([10_000 * 10.0 ** (-np.arange(20) / 5), np.full(20, 1.0)])
    assert [item.start for item in Excursion().detect(signals.stepped(level, 30, 500.0))] == [30]


def test_one_high_point_at_the_end_says_nothing_yet() -> None:
    values = signals.stepped(signals.plateau(np.random.default_rng(0)), 58, 5.0)
    assert Excursion().detect(values) == []
    assert len(Excursion(patience=2).detect(values)) == 1


def test_during_the_warm_up_only_a_doubling_counts() -> None:
    assert Excursion().detect(np.array([1.0, 1.7, 0.9, 0.8, 0.7, 0.6])) == []
    (found,) = Excursion().detect(np.array([1.0, 1.0, 4.0, 5.0, 6.0]))
    assert found.start == 2


def test_nan_neither_opens_nor_ends_an_episode() -> None:
    values = signals.stepped(signals.plateau(np.random.default_rng(0)), 40, 5.0)
    values[45:] = np.nan
    (found,) = Excursion().detect(values)
    assert (found.start, found.end) == (40, None)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_scaling_the_series_scales_the_detection(scale: float) -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    (plain,), (scaled,) = Excursion().detect(values), Excursion().detect(values * scale)
    assert scaled.start == plain.start
    assert scaled.threshold == pytest.approx(plain.threshold * scale)


def test_several_points_together_are_as_sure_as_one_that_is_higher() -> None:
    # Seen in training: a noisy loss that went back to that of the untrained model and stayed there.
    rng = np.random.default_rng(0)
    base = 0.8 + 0.1 * rng.standard_normal(60)
    base[:4] = [2.0, 1.5, 1.2, 1.0]
    stays = signals.stepped(base, 40, 0.5)
    (found,) = Excursion().detect(stays)
    assert (found.start, found.end) == (40, None)
    assert found.threshold - found.baseline == pytest.approx(found.spread * 6 / np.sqrt(3))
    passes = signals.spiked(base, 40, 0.5, 1)
    assert Excursion().detect(passes) == []


def test_what_is_left_of_a_hundredth_of_the_start_is_solved() -> None:
    level = np.maximum(2.3 * 10.0 ** (-np.arange(60) / 5), 1e-7)
    jumps = signals.stepped(level, 40, 0.01)
    assert Excursion().detect(jumps) == []
    assert [item.start for item in Excursion(negligible=0.0).detect(jumps)] == [40]


@pytest.mark.parametrize("shift", [-50.0, -5.0])
def test_shifting_a_series_below_zero_leaves_its_dates(shift: float) -> None:
    values = signals.stepped(signals.falling(np.random.default_rng(0)), 40, 2.0)
    (plain,) = Excursion(relative=0.0).detect(values)
    (moved,) = Excursion(relative=0.0).detect(values + shift)
    assert (moved.start, moved.end) == (plain.start, plain.end)
    assert moved.baseline == pytest.approx(plain.baseline + shift)

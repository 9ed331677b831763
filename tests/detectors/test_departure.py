from __future__ import annotations

import numpy as np
import pytest

from tb_stability.detectors import Departure
from tests import signals

SEEDS = range(20)


def log_norms(seed: int, points: int = 60) -> np.ndarray:
    """Norms that fall slowly and vary by a factor of about 1.3 from window to window."""
    rng = np.random.default_rng(seed)
    return -0.01 * np.arange(points) + rng.normal(0, 0.1, points)


@pytest.mark.parametrize("until", [10, 30, 59])
def test_healthy_norms_have_not_departed(until: int) -> None:
    for seed in SEEDS:
        assert Departure(until=until).detect(log_norms(seed)) == [], f"seed {seed}"


def test_a_growth_is_walked_back_to_its_first_point() -> None:
    for seed in SEEDS:
        (found,) = Departure(until=50).detect(signals.ramped(log_norms(seed), 40, 0.5))
        assert 40 <= found.start <= 42
        assert found.certain == 50


def test_a_growth_longer_than_the_calm_before_is_walked_back_all_the_way() -> None:
    values = signals.ramped(log_norms(0, points=40), 12, 0.5)
    (found,) = Departure(until=39).detect(values)
    assert 12 <= found.start <= 14
    newest = values[: found.start][-(found.start // 4) :]
    assert found.baseline == pytest.approx(np.median(newest))


def test_a_trend_before_hides_no_departure() -> None:
    # Seen in demo/growing_logits: they doubled in four epochs of calm, and grew tenfold after that.
    for seed in SEEDS:
        calm = 0.02 * np.arange(32) + np.random.default_rng(seed).normal(0, 0.03, 32)
        (found,) = Departure().detect(np.append(calm, calm[-1] + 0.07 * np.arange(1, 17)))
        assert 31 <= found.start <= 36


def test_a_single_dip_does_not_break_the_run() -> None:
    values = signals.stepped(log_norms(0), 40, 3.0)
    values[45] = values[0]
    (found,) = Departure(until=50).detect(values)
    assert found.start == 40


def test_an_old_spike_is_not_part_of_the_run() -> None:
    values = signals.stepped(signals.spiked(log_norms(0), 20, 3.0, 2), 40, 3.0)
    (found,) = Departure(until=50).detect(values)
    assert found.start == 40


def test_nan_continues_a_run() -> None:
    values = signals.broken(signals.stepped(log_norms(0), 40, 3.0), 43)
    (found,) = Departure(until=55).detect(values)
    assert found.start == 40


def test_without_a_baseline_it_takes_a_factor_of_one_hundred() -> None:
    assert Departure().detect(np.array([0.0, 1.9])) == []
    (found,) = Departure().detect(np.array([0.0, 2.1]))
    assert found.start == 1
    assert np.isnan(found.spread)


def test_a_mild_growth_at_the_start_is_not_the_explosion() -> None:
    # Seen in demo/falling_lstm: norms of an embedding grow by a factor of twenty while it learns.
    log_norm = np.log10([0.006, 0.05, 0.1, *np.full(14, 0.13), 2e3, 3e7])
    (found,) = Departure().detect(log_norm)
    assert found.start == 17
    assert found.baseline == pytest.approx(np.log10(0.13), abs=0.01)


@pytest.mark.parametrize("shift", [-3.0, 5.0])
def test_a_factor_of_the_norms_changes_the_numbers_and_nothing_else(shift: float) -> None:
    values = signals.ramped(log_norms(0), 40, 0.5)
    (plain,), (moved,) = (Departure(until=50).detect(item) for item in (values, values + shift))
    assert (moved.start, moved.certain) == (plain.start, plain.certain)
    assert moved.baseline == pytest.approx(plain.baseline + shift)
    assert moved.threshold == pytest.approx(plain.threshold + shift)
    assert moved.spread == pytest.approx(plain.spread)


def test_the_points_of_the_run_are_no_part_of_its_baseline() -> None:
    values = signals.stepped(log_norms(0), 40, 3.0)
    (found,) = Departure(until=55).detect(values)
    (higher,) = Departure(until=55).detect(signals.stepped(values, 40, 20.0))
    assert (higher.baseline, higher.threshold) == (found.baseline, found.threshold)

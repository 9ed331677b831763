from __future__ import annotations

import numpy as np
import pytest

from tb_stability.detectors import Restless


def erratic(seed: int, points: int = 40) -> np.ndarray:
    """A loss of too high a rate: off by a factor of two and more from epoch to epoch."""
    return np.exp(np.random.default_rng(seed).normal(0, 0.9, points))


def test_a_series_that_jumps_about_is_found_from_where_it_began() -> None:
    found = [
        Restless().detect(np.append(np.linspace(8, 1, 30), erratic(seed))) for seed in range(20)
    ]
    starts = [detections[0].start for detections in found if detections]
    assert len(starts) >= 18
    assert all(20 <= start <= 46 for start in starts)


@pytest.mark.parametrize(
    "values",
    [
        1.0 + 0.1 * np.random.default_rng(0).standard_normal(60),  # noise
        np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.3, 60))),  # wandering
        5.0 * np.exp(-np.arange(60) / 3) * erratic(1, 60),  # getting somewhere
        np.append(erratic(0), np.full(15, 1.0)),  # over
        1 + np.sin(np.arange(60) / 4),  # a slow cycle
    ],
)
def test_what_is_quieter_or_gets_somewhere_is_left_alone(values: np.ndarray) -> None:
    assert Restless().detect(values) == []


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_scaling_the_series_scales_the_detection(scale: float) -> None:
    (plain,), (scaled,) = Restless().detect(erratic(0)), Restless().detect(scale * erratic(0))
    assert scaled.start == plain.start
    assert scaled.value == pytest.approx(scale * plain.value)
    assert scaled.threshold == pytest.approx(scale * plain.threshold)

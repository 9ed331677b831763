from __future__ import annotations

import numpy as np

from tb_stability.detectors import Elevated


def test_an_episode_ends_where_the_series_falls_below_the_level() -> None:
    found = Elevated(1.0).detect(np.array([0.0, 1.0, 2.0, 0.5, 3.0]))
    assert [(item.start, item.end, item.value) for item in found] == [(1, 3, 2.0), (4, None, 3.0)]


def test_episodes_shorter_than_the_patience_are_passed_over() -> None:
    values = np.array([0.0, 1.0, 0.0, 1.0, 1.0, 1.0])
    (found,) = Elevated(1.0, patience=3).detect(values)
    assert (found.start, found.certain, found.end) == (3, 5, None)


def test_missing_points_do_not_break_an_episode() -> None:
    (found,) = Elevated(1.0, patience=2).detect(np.array([np.nan, 1.0, np.nan, 1.0, np.nan]))
    assert (found.start, found.certain, found.end) == (1, 3, None)

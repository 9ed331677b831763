from __future__ import annotations

import numpy as np

from tb_stability.detectors import NonFinite


def test_episodes_begin_and_end_where_the_count_does() -> None:
    found = NonFinite().detect(np.array([0.0, 2.0, 5.0, 0.0, 0.0, 1.0]))
    assert [(item.start, item.end, item.value) for item in found] == [(1, 3, 5.0), (5, None, 1.0)]


def test_missing_points_neither_begin_nor_end_an_episode() -> None:
    found = NonFinite().detect(np.array([np.nan, 1.0, np.nan, 1.0, np.nan]))
    assert [(item.start, item.end) for item in found] == [(1, None)]

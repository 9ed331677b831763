"""The engine on logs of other loggers, published ones and made ones."""

from __future__ import annotations

import pytest

from benchmarks.logs.published import PUBLISHED
from benchmarks.logs.registry import ALL_LOGS

SEEDS = 3


@pytest.mark.parametrize("name", [name for name, log in ALL_LOGS.items() if not log.held_out])
def test_a_log_is_told_as_it_is_labelled(name: str) -> None:
    for seed in range(1 if name in PUBLISHED else SEEDS):
        assert ALL_LOGS[name].faults(seed) == [], f"seed {seed}"


def test_logs_are_many_of_either_sort_and_a_third_is_held_out() -> None:
    faulty = [log for log in ALL_LOGS.values() if log.kinds]
    held_out = [log for log in ALL_LOGS.values() if log.held_out]
    assert len(faulty) >= 25
    assert len(ALL_LOGS) - len(faulty) >= 25
    assert len(held_out) >= len(ALL_LOGS) / 5

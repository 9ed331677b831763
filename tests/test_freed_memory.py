from __future__ import annotations

import pytest

from tb_stability import freed_memory
from tb_stability.freed_memory import FreedMemory

WORTH = freed_memory._WORTH


def test_memory_is_given_back_once_it_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: kept.append)
    freed = FreedMemory()
    for read in (WORTH - 1, 0, 1, WORTH - 1, 5 * WORTH, 0):
        freed.give_back_after(read)
    assert kept == [0, 0]


def test_where_the_system_cannot_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: None)
    FreedMemory().give_back_after(5 * WORTH)

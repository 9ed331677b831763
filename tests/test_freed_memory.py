from __future__ import annotations

import ctypes

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


class Libc:
    """What glibc is told."""

    def __init__(self) -> None:
        self.told: list[tuple[int, int]] = []

    def mallopt(self, option: int, value: int) -> int:
        self.told.append((option, value))
        return 1

    def malloc_trim(self, pad: int) -> int:
        return pad


def test_what_lies_free_at_the_top_of_a_threads_memory_is_given_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Seen with the data server: half of a large run's size stayed, which no trim gives back."""
    libc = Libc()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: libc)
    FreedMemory()
    assert libc.told == [(-1, 2**20)]  # M_TRIM_THRESHOLD of malloc.h

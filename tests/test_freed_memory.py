from __future__ import annotations

import ctypes
import pathlib

import pytest

from tb_stability import freed_memory
from tb_stability.diagnosis import Diagnosis
from tb_stability.freed_memory import FreedMemory
from tb_stability.reader import RunReader
from tests import providers, synthetic

WORTH = freed_memory._WORTH


def test_memory_is_given_back_once_it_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: kept.append)
    freed = FreedMemory()
    for read in (WORTH - 1, 0, 1, WORTH - 1, 5 * WORTH, 0):
        freed.give_back_after(read)
    assert kept == [0, 0]


def test_at_an_end_memory_is_given_back_if_there_is_any(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: kept.append)
    freed = FreedMemory()
    freed.give_back()
    assert not kept
    freed.give_back_after(1)
    freed.give_back()
    freed.give_back()
    assert kept == [0]


def test_what_many_small_runs_leave_behind_is_given_back_once(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with 50 runs of 10 KB: they left more behind than they hold, each too little to mind."""
    trimmed: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: trimmed.append)
    for index in range(3):
        synthetic.write(synthetic.exploding(), tmp_path / f"run{index}")
    with providers.open_provider("python loader", tmp_path) as provider:
        diagnosis = Diagnosis(RunReader(provider))
        diagnosis.all_runs(experiment_id="")
        assert trimmed == [0]
        diagnosis.all_runs(experiment_id="")
    assert trimmed == [0]


def test_where_the_system_cannot_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: None)
    freed = FreedMemory()
    freed.give_back_after(5 * WORTH)
    freed.give_back()


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
    assert libc.told == [(-1, 2**15), (-2, 2**13)]  # M_TRIM_THRESHOLD, M_TOP_PAD of malloc.h


def test_what_judging_leaves_behind_is_given_back(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with 25,000 windows: a quarter of the file's size stayed."""
    trimmed: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: trimmed.append)
    monkeypatch.setattr(freed_memory, "_WORTH", 1)
    synthetic.write(synthetic.exploding(), tmp_path / "run")
    with providers.open_provider("python loader", tmp_path) as provider:
        reader = RunReader(provider)
        reader.read("run", experiment_id="")
        assert trimmed == [0]
        diagnosis = Diagnosis(reader)
        diagnosis.all_runs(experiment_id="")
        assert trimmed == [0, 0]
        diagnosis.all_runs(experiment_id="")
    assert trimmed == [0, 0]

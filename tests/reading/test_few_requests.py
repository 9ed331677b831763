"""How often the data provider is asked: seldom, but nobody waits for runs that take long."""

from __future__ import annotations

import pathlib

import pytest

from tb_stability import reader
from tb_stability.diagnosis import Diagnosis
from tb_stability.reader import RunReader
from tests import providers, synthetic
from tests.test_scalars import LOSS, write_v1


class CountingProvider:
    """A data provider that counts how often it is asked."""

    def __init__(self, provider: object) -> None:
        self._provider = provider
        self.asked = 0

    def __getattr__(self, name: str) -> object:
        method = getattr(self._provider, name)

        def counted(*positional: object, **named: object) -> object:
            self.asked += 1
            return method(*positional, **named)

        return counted


def test_many_runs_cost_few_requests(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request takes TensorBoard's data server 40 ms."""
    monkeypatch.setattr(reader, "_SOON", 3600.0)
    for index in range(60):
        if index % 2:
            write_v1(tmp_path / f"foreign{index}", {"loss": list(enumerate(LOSS))})
        else:
            synthetic.write(synthetic.healthy(4), tmp_path / f"own{index}")
    with providers.open_provider("python loader", tmp_path) as provider:
        counting = CountingProvider(provider)
        diagnosis = Diagnosis(RunReader(counting))
        assert len(diagnosis.all_runs(experiment_id="")) == 60
        # Two listings, 1, 4, 16 and 9 of one sort of run, all 30 of the other.
        assert counting.asked == 2 + 4 + 1
        diagnosis.all_runs(experiment_id="")
        assert counting.asked == 2 + 4 + 1 + 2


def test_runs_that_take_long_are_read_one_by_one(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks for one of them would wait for all that are read with it."""
    monkeypatch.setattr(reader, "_SOON", 0.0)
    for index in range(6):
        write_v1(tmp_path / f"foreign{index}", {"loss": list(enumerate(LOSS))})
    with providers.open_provider("python loader", tmp_path) as provider:
        counting = CountingProvider(provider)
        assert len(Diagnosis(RunReader(counting)).all_runs(experiment_id="")) == 6
        assert counting.asked == 2 + 6


def test_runs_that_are_large_together_are_not_asked_for_at_once(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TensorBoard's data server keeps the memory that its largest answer took."""
    monkeypatch.setattr(reader, "_SOON", 3600.0)
    for index in range(9):
        synthetic.write(synthetic.healthy(4), tmp_path / f"run{index}")
    with providers.open_provider("python loader", tmp_path) as provider:
        counting = CountingProvider(provider)
        nbytes = [series.nbytes for _, series in RunReader(provider).read_all(experiment_id="")]
        monkeypatch.setattr(reader, "_AT_ONCE", 2.5 * max(nbytes))
        assert len(list(RunReader(counting).read_all(experiment_id=""))) == 9
    # Two listings, then one run, of which more than two would be too much: 2, 2, 2 and 2.
    assert counting.asked == 2 + 5

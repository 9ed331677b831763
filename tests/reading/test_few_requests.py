"""How often the data provider is asked: seldom, but nobody waits for runs that take long."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest
from tensorboard.context import RequestContext

from tb_stability import data_server, reader, tensor_source
from tb_stability.diagnosis import Diagnosis
from tb_stability.reader import RunReader
from tb_stability.tensor_source import TensorSource
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
    # The Python loader is asked here instead, which takes no 40 ms and is asked more often.
    monkeypatch.setattr(data_server, "_RUNS_AS_OBJECTS", 60)
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
        monkeypatch.setattr(reader, "BYTES_PER_REQUEST", 2.5 * max(nbytes))
        assert len(list(RunReader(counting).read_all(experiment_id=""))) == 9
    # Two listings, then one run in two parts, of which more than two would be too much: 2, 2, 2
    # and 2.
    assert counting.asked == 2 + 2 + 4


def test_the_tags_of_a_large_run_are_not_asked_for_at_once(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synthetic.write(synthetic.exploding(), tmp_path / "run")
    with providers.open_provider("python loader", tmp_path) as provider:
        source, context = TensorSource(provider), RequestContext()
        listed = source.list_runs(context, "", ["run"])
        (at_once,) = source.read(context, "", listed)
        counting = CountingProvider(provider)
        monkeypatch.setattr(tensor_source, "BYTES_PER_REQUEST", 1)
        (found,) = TensorSource(counting).read(context, "", listed)
    # The first part, then each tag but its three.
    assert counting.asked == 1 + len(listed["run"]) - 3
    assert (found.notes, found.record, found.unread) == (at_once.notes, at_once.record, ())
    assert [series.tag for series in found.series] == [series.tag for series in at_once.series]
    for one, other in zip(found.series, at_once.series, strict=True):
        np.testing.assert_array_equal(one.values, other.values)

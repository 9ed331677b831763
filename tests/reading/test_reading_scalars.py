"""Scalars come from either of TensorBoard's loaders as arrays, as TensorBoard would return them."""

from __future__ import annotations

import pathlib
import types
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from tensorboard.context import RequestContext
from tensorboard.data import grpc_provider
from tensorboard.data.provider import DataProvider, RunTagFilter, ScalarDatum
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME as SCALARS

from benchmarks.read_logdirs import write_foreign_runs
from tb_stability import data_server
from tb_stability.portions import ALL_SAMPLES
from tb_stability.reader import RunReader
from tb_stability.records import NO_SCALAR_RECORDS, ReadTags, ScalarRecords
from tests import providers

# More than are there as objects at once.
RUNS = 2 * data_server._RUNS_AS_OBJECTS + 1
PARTS = [f"run{index}/{part}" for index in range(RUNS) for part in ("train", "validation")]


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    directory = tmp_path_factory.mktemp("logs")
    write_foreign_runs(directory, RUNS, 5)
    return directory


@pytest.fixture(scope="module", params=providers.KINDS)
def provider(request: pytest.FixtureRequest, logdir: pathlib.Path) -> Iterator[DataProvider]:
    with providers.open_provider(request.param, logdir) as opened:
        yield opened


def read(provider: DataProvider) -> ReadTags[ScalarRecords]:
    return data_server.read_scalars(
        provider, RequestContext(), experiment_id="", runs=PARTS, tags=["epoch_loss", "none"]
    )


def check_same_as_tensorboard(found: ReadTags[ScalarRecords], provider: DataProvider) -> None:
    expected = provider.read_scalars(
        RequestContext(),
        experiment_id="",
        plugin_name=SCALARS,
        downsample=ALL_SAMPLES,
        run_tag_filter=RunTagFilter(runs=PARTS, tags=["epoch_loss"]),
    )
    assert found.keys() == expected.keys() == set(PARTS)
    for run, tags in expected.items():
        assert found[run].keys() == tags.keys() == {"epoch_loss"}
        records, data = found[run]["epoch_loss"], tags["epoch_loss"]
        assert len(records) == len(data) == 5
        assert records.step.tolist() == [datum.step for datum in data]
        assert records.wall_time.tolist() == [datum.wall_time for datum in data]
        assert list(records.value) == [datum.value for datum in data]


def test_they_are_those_that_tensorboard_returns(provider: DataProvider) -> None:
    check_same_as_tensorboard(read(provider), provider)


@pytest.mark.parametrize("provider", ["data server"], indirect=True)
def test_the_data_servers_numbers_are_never_objects(
    provider: DataProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with 100 runs of 10 KB: the objects took six times as much, and memory kept it."""
    monkeypatch.setattr(grpc_provider.provider, "ScalarDatum", None)
    assert read(provider).keys() == set(PARTS)


@pytest.mark.parametrize("provider", ["data server"], indirect=True)
def test_the_data_server_is_asked_once(
    provider: DataProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each request takes it 40 ms."""
    stub = vars(provider)["_stub"]
    asked: list[object] = []

    def counted(request: object) -> object:
        asked.append(request)
        return stub.ReadScalars(request)

    monkeypatch.setattr(provider, "_stub", types.SimpleNamespace(ReadScalars=counted))
    assert read(provider).keys() == set(PARTS)
    assert len(asked) == 1


@pytest.mark.parametrize("provider", ["python loader"], indirect=True)
def test_of_the_python_loader_few_runs_are_there_as_objects(
    provider: DataProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = provider.read_scalars
    asked: list[int] = []

    def watched(*positional: Any, run_tag_filter: RunTagFilter, **named: Any) -> Any:
        asked.append(len(run_tag_filter.runs))
        return public(*positional, run_tag_filter=run_tag_filter, **named)

    monkeypatch.setattr(provider, "read_scalars", watched)
    read(provider)
    assert sum(asked) == len(PARTS)
    assert max(asked) == data_server._RUNS_AS_OBJECTS


@pytest.mark.parametrize("provider", ["data server"], indirect=True)
def test_where_the_stub_is_not_as_it_was_tensorboard_is_asked(
    provider: DataProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub, public = vars(provider)["_stub"], provider.read_scalars
    asked_in_public: list[object] = []

    def asked(*positional: Any, **named: Any) -> Any:
        asked_in_public.append(named)
        monkeypatch.setattr(provider, "_stub", stub)
        return public(*positional, **named)

    monkeypatch.setattr(provider, "read_scalars", asked)
    monkeypatch.setattr(provider, "_stub", None)
    found = read(provider)
    assert asked_in_public
    check_same_as_tensorboard(found, provider)


def test_that_an_answer_is_too_large_is_told_at_once() -> None:
    class Refusal(grpc.RpcError):
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.RESOURCE_EXHAUSTED

    class Stub:
        def ReadScalars(self, request: object) -> object:  # noqa: N802, its name in the protocol
            raise Refusal

    with pytest.raises(Refusal):
        read(grpc_provider.GrpcDataProvider("server", Stub()))


def test_runs_that_log_alike_keep_what_is_alike_once(provider: DataProvider) -> None:
    """Seen with 100 runs of 10 KB: two fifths of what was kept of them was the same."""
    runs = [run for _, run in RunReader(provider).read_all(experiment_id="")]
    assert len(runs) == RUNS
    for run in runs:
        assert {id(series.step) for series in run.series} == {id(run.windows.last_step)}
        assert {id(note) for note in run.notes} == {id(note) for note in runs[0].notes}
        for series, other in zip(run.series, runs[0].series, strict=True):
            assert series.metadata is other.metadata


def test_what_is_no_number_stays_what_it_is() -> None:
    data = [ScalarDatum(step=7 * i, wall_time=i, value=v) for i, v in enumerate((1, b"two", 3.5))]
    records = ScalarRecords.from_data(data)
    assert records.are_numbers.tolist() == [True, False, True]
    assert records.value == [1, b"two", 3.5]
    numbers = records.at(np.array([0, 2]))
    assert (numbers.step.tolist(), numbers.wall_time.tolist()) == ([0, 14], [0.0, 2.0])
    assert numbers.value == [1, 3.5]


def test_numbers_are_an_array() -> None:
    data = [ScalarDatum(step=i, wall_time=i, value=v) for i, v in enumerate((1, 1e300, np.nan))]
    records = ScalarRecords.from_data(data)
    assert records.are_numbers.tolist() == [True, True, True]
    np.testing.assert_array_equal(records.value, [1.0, 1e300, np.nan])
    assert len(NO_SCALAR_RECORDS) == len(ScalarRecords.from_data([])) == 0


def test_as_many_of_one_as_of_the_others() -> None:
    message = (
        r"^Expected as many steps as wall times and values\. Received: 2 steps, 2 wall times, 1 "
        r"values\.$"
    )
    with pytest.raises(ValueError, match=message):
        ScalarRecords(np.arange(2), np.zeros(2), np.zeros(1))

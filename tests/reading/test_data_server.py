"""Tensors come from the data server as TensorBoard itself would return them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import grpc
import numpy as np
import pytest
from tensorboard import errors
from tensorboard.compat.proto import tensor_pb2, types_pb2
from tensorboard.context import RequestContext
from tensorboard.data import grpc_provider
from tensorboard.data.provider import DataProvider, RunTagFilter, TensorDatum
from tensorboard.util.tensor_util import make_tensor_proto

from tb_stability import data_server
from tb_stability.metadata import PLUGIN_NAME
from tb_stability.portions import ALL_SAMPLES
from tb_stability.records import ReadTags
from tests import providers, synthetic

Data = Mapping[str, Mapping[str, Sequence[TensorDatum]]]

RUNS = ("own", "<b>ü/run")
TAGS = (
    "stability/loss",
    "stability/gradient_norm",
    "stability/windows",
    "stability/run_record",
    "stability/none",
)


@pytest.fixture(scope="module", params=providers.KINDS)
def provider(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DataProvider]:
    logdir: pathlib.Path = tmp_path_factory.mktemp("logs")
    for name in RUNS:
        synthetic.write(synthetic.exploding(), logdir / name)
    with providers.open_provider(request.param, logdir) as opened:
        yield opened


def read(provider: DataProvider) -> ReadTags:
    return data_server.read_tensors(
        provider, RequestContext(), experiment_id="", runs=RUNS, tags=TAGS
    )


def read_by_tensorboard(provider: DataProvider) -> Data:
    found: Data = provider.read_tensors(
        RequestContext(),
        experiment_id="",
        plugin_name=PLUGIN_NAME,
        downsample=ALL_SAMPLES,
        run_tag_filter=RunTagFilter(runs=RUNS, tags=TAGS),
    )
    return found


def check_same(found: ReadTags, expected: Data) -> None:
    assert found.keys() == expected.keys() == set(RUNS)
    for run, tags in expected.items():
        assert found[run].keys() == tags.keys()
        assert len(tags) == len(TAGS) - 1
        for tag, data in tags.items():
            records = found[run][tag]
            assert records.step.tolist() == [datum.step for datum in data]
            assert records.wall_time.tolist() == [datum.wall_time for datum in data]
            for tensor, datum in zip(records.tensors, data, strict=True):
                assert tensor.dtype == datum.numpy.dtype
                np.testing.assert_array_equal(tensor, datum.numpy)


def test_tensors_are_those_that_tensorboard_returns(provider: DataProvider) -> None:
    check_same(read(provider), read_by_tensorboard(provider))


@pytest.mark.parametrize("provider", ["data server"], indirect=True)
def test_tensorboard_does_not_make_an_array_of_each_record(
    provider: DataProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen with 10,000 windows: it took 0.7 s of the 1.7 to the first heatmap."""
    made: list[Any] = []
    monkeypatch.setattr(data_server, "make_ndarray", made.append)
    assert read(provider).keys() == set(RUNS)
    # The records of what was trained are text.
    assert {tensor.dtype for tensor in made} == {types_pb2.DT_STRING}


@pytest.mark.parametrize("provider", ["data server"], indirect=True)
@pytest.mark.parametrize("stub", [None, object()])
def test_where_the_stub_is_not_as_it_was_tensorboard_is_asked(
    provider: DataProvider, monkeypatch: pytest.MonkeyPatch, stub: object
) -> None:
    expected = read_by_tensorboard(provider)
    public = provider.read_tensors
    kept = vars(provider)["_stub"]
    asked_in_public: list[object] = []

    def asked(*positional: Any, **named: Any) -> Any:
        asked_in_public.append(named)
        monkeypatch.setattr(provider, "_stub", kept)
        return public(*positional, **named)

    monkeypatch.setattr(provider, "read_tensors", asked)
    monkeypatch.setattr(provider, "_stub", stub)
    check_same(read(provider), expected)
    assert len(asked_in_public) == 1


class Refusal(grpc.RpcError):
    """What a stub raises."""

    def __init__(self, code: grpc.StatusCode) -> None:
        super().__init__()
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code

    def details(self) -> str:
        return "no such experiment"


class RefusingStub:
    """A data server that answers nothing."""

    def __init__(self, code: grpc.StatusCode) -> None:
        self.asked = 0
        self._code = code

    def ReadTensors(self, request: object) -> object:  # noqa: N802, its name in the protocol
        self.asked += 1
        raise Refusal(self._code)


def test_that_an_answer_is_too_large_is_told_at_once() -> None:
    stub = RefusingStub(grpc.StatusCode.RESOURCE_EXHAUSTED)
    with pytest.raises(Refusal):
        read(grpc_provider.GrpcDataProvider("server", stub))
    assert stub.asked == 1


def test_other_errors_are_those_that_tensorboard_makes_of_them() -> None:
    stub = RefusingStub(grpc.StatusCode.NOT_FOUND)
    with pytest.raises(errors.NotFoundError, match="no such experiment"):
        read(grpc_provider.GrpcDataProvider("server", stub))


PLAIN = make_tensor_proto(np.array([[1.0, 2.0]], np.float32))
SHORT = tensor_pb2.TensorProto(
    dtype=PLAIN.dtype, tensor_shape=PLAIN.tensor_shape, tensor_content=PLAIN.tensor_content[:4]
)
VAST = tensor_pb2.TensorProto(dtype=PLAIN.dtype, tensor_content=PLAIN.tensor_content)
VAST.tensor_shape.dim.add(size=2**60)


def test_float32_of_one_shape_become_one_array() -> None:
    found = data_server._as_one_array([PLAIN, PLAIN])
    assert found is not None
    assert found.tolist() == [[[1.0, 2.0]], [[1.0, 2.0]]]


@pytest.mark.parametrize(
    "tensors",
    [
        [],
        [PLAIN, make_tensor_proto(np.array([[1.0], [2.0]], np.float32))],
        [PLAIN, make_tensor_proto(np.array([[1, 2]], np.int32))],
        [make_tensor_proto(np.array([[1.0, 2.0]]))],
        [make_tensor_proto(np.zeros((1, 0), np.float32))],
        [make_tensor_proto(["text"])],
        [PLAIN, SHORT],
        [SHORT],
        [VAST],
    ],
)
def test_no_other_tensors_do(tensors: Sequence[Any]) -> None:
    assert data_server._as_one_array(tensors) is None

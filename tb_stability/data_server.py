"""Reads from TensorBoard's data server, the records of a tag as arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import grpc
import numpy as np
from tensorboard.compat.proto import types_pb2
from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider
from tensorboard.data.grpc_provider import GrpcDataProvider
from tensorboard.data.proto import data_provider_pb2
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME as SCALARS
from tensorboard.util.tensor_util import make_ndarray

from tb_stability.metadata import PLUGIN_NAME
from tb_stability.portions import ALL_SAMPLES, batched
from tb_stability.records import ReadTags, Records, ScalarRecords
from tb_stability.series import FloatArray

# Runs whose numbers are there as objects at once, which take six times as much as arrays of them.
_RUNS_AS_OBJECTS = 8

# The records of a tag.
Data = TypeVar("Data")


def read_tensors(
    provider: tb_provider.DataProvider,
    context: RequestContext,
    *,
    experiment_id: str,
    runs: Collection[str],
    tags: Collection[str],
) -> ReadTags[Records]:
    """Returns what ``provider.read_tensors`` does of this plugin, from the data server faster.

    TensorBoard makes an array of each record it is sent, which takes more time than sending does.
    Here the records of a tag become one array.

    Args:
      provider: Any TensorBoard data provider.
      context: Of the request.
      experiment_id: As the data provider is asked.
      runs: Names of the runs.
      tags: Names of their tags.

    Raises:
      grpc.RpcError: If the data server fails, or cannot send so much at once.
      tensorboard.errors.PublicError: As ``provider.read_tensors`` does.
    """
    request = data_provider_pb2.ReadTensorsRequest(experiment_id=experiment_id)
    request.plugin_filter.plugin_name = PLUGIN_NAME
    found = _ask_server(provider, "ReadTensors", request, runs, tags, _tensors)
    if found is not None:
        return found
    data = provider.read_tensors(
        context,
        experiment_id=experiment_id,
        plugin_name=PLUGIN_NAME,
        downsample=ALL_SAMPLES,
        run_tag_filter=tb_provider.RunTagFilter(runs=runs, tags=tags),
    )
    return _as_records(data, Records.from_data)


def read_scalars(
    provider: tb_provider.DataProvider,
    context: RequestContext,
    *,
    experiment_id: str,
    runs: Collection[str],
    tags: Collection[str],
) -> ReadTags[ScalarRecords]:
    """Returns what ``provider.read_scalars`` does, without an object for each number.

    Args:
      provider: Any TensorBoard data provider.
      context: Of the request.
      experiment_id: As the data provider is asked.
      runs: Names of the runs.
      tags: Names of their tags.

    Raises:
      grpc.RpcError: If the data server fails, or cannot send so much at once.
      tensorboard.errors.PublicError: As ``provider.read_scalars`` does.
    """
    request = data_provider_pb2.ReadScalarsRequest(experiment_id=experiment_id)
    request.plugin_filter.plugin_name = SCALARS
    found = _ask_server(provider, "ReadScalars", request, runs, tags, _scalars)
    if found is not None:
        return found
    read: dict[str, Mapping[str, ScalarRecords]] = {}
    for some in batched(runs, _RUNS_AS_OBJECTS):
        data = provider.read_scalars(
            context,
            experiment_id=experiment_id,
            plugin_name=SCALARS,
            downsample=ALL_SAMPLES,
            run_tag_filter=tb_provider.RunTagFilter(runs=some, tags=tags),
        )
        read |= _as_records(data, ScalarRecords.from_data)
    return read


def _as_records(
    data: Mapping[str, Mapping[str, Any]], records: Callable[[Any], Data]
) -> ReadTags[Data]:
    return {
        run: {tag: records(found) for tag, found in of_run.items()} for run, of_run in data.items()
    }


def _ask_server(
    provider: tb_provider.DataProvider,
    method: str,
    request: Any,
    runs: Collection[str],
    tags: Collection[str],
    records: Callable[[Any], Data],
) -> ReadTags[Data] | None:
    """Asks by the provider's own stub; returns None where that or its answer is not as expected."""
    if not isinstance(provider, GrpcDataProvider):
        return None
    try:
        request.run_tag_filter.runs.names.extend(sorted(runs))
        request.run_tag_filter.tags.names.extend(sorted(tags))
        request.downsample.num_points = ALL_SAMPLES
        response = getattr(provider._stub, method)(request)
        return {
            run.run_name: {tag.tag_name: records(tag.data) for tag in run.tags}
            for run in response.runs
        }
    except grpc.RpcError as error:
        if error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED:
            raise
        return None
    # The stub is private, and a tensor may be damaged: the public way says what is wrong, if it is.
    except Exception:
        return None


def _scalars(sent: Any) -> ScalarRecords:
    return ScalarRecords(
        np.array(sent.step, dtype=np.int64),
        np.array(sent.wall_time, dtype=np.float64),
        np.array(sent.value, dtype=np.float64),
    )


def _tensors(sent: Any) -> Records:
    whole = _as_one_array(sent.value)
    return Records(
        np.array(sent.step, dtype=np.int64),
        np.array(sent.wall_time, dtype=np.float64),
        [make_ndarray(tensor) for tensor in sent.value] if whole is None else whole,
    )


def _as_one_array(tensors: Sequence[Any]) -> FloatArray | None:
    """Returns float32 tensors of one shape, shape ``[tensors, ...]``; None for any others."""
    if not tensors:
        return None
    first = tensors[0]
    shape = [dimension.size for dimension in first.tensor_shape.dim]
    nbytes = np.dtype(np.float32).itemsize * math.prod(shape)
    # A damaged shape may promise more than there is memory.
    if not 0 < nbytes == len(first.tensor_content):
        return None
    whole = np.empty((len(tensors), *shape), np.float32)
    # Copied one by one: all of them at once would be there three times.
    to = whole.data.cast("B")
    for index, tensor in enumerate(tensors):
        content = tensor.tensor_content
        alike = tensor.dtype == types_pb2.DT_FLOAT and tensor.tensor_shape == first.tensor_shape
        if not alike or len(content) != nbytes:
            return None
        to[index * nbytes : (index + 1) * nbytes] = content
    return whole

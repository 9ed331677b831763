"""Reads many runs with few requests, and around what cannot be read."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

import grpc

# More samples per tag than any run has: the data provider must not thin out what it holds.
ALL_SAMPLES = 100_000_000

# Runs read with one request: each takes TensorBoard's data server 40 ms, however little is asked.
RUNS_PER_REQUEST = 50

# Bytes of measurements to ask for at once: TensorBoard's data server keeps what an answer took.
BYTES_PER_REQUEST = 2**20

# What TensorBoard's Python loader raises for a tensor that contradicts itself or has no known type.
_DAMAGED = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MemoryError)

# What is read of one tag.
Data = TypeVar("Data")

Fetch = Callable[[Collection[str], Collection[str]], Mapping[str, Mapping[str, Data]]]


@dataclasses.dataclass(frozen=True)
class RunData(Generic[Data]):
    """What was read of a run, by tag, and sentences on what could not be."""

    tags: Mapping[str, Data]
    notes: tuple[str, ...] = ()


def read_in_portions(
    fetch: Fetch[Data], wanted: Mapping[str, Collection[str]]
) -> dict[str, RunData[Data]]:
    """Returns the data of every run.

    Runs are read many at a time. Where that fails, since the answer is larger than TensorBoard's
    data server can send or a tensor is damaged, fewer are asked for, and in the end single tags:
    those that still fail are named in the run's notes.

    Args:
      fetch: Asks the data provider for some tags of some runs.
      wanted: The tags of each run.

    Raises:
      grpc.RpcError: If the data server fails otherwise.
    """
    found: dict[str, RunData[Data]] = {}
    for runs in batched(wanted, RUNS_PER_REQUEST):
        found |= _read(fetch, runs, wanted)
    return found


def _read(
    fetch: Fetch[Data], runs: Sequence[str], wanted: Mapping[str, Collection[str]]
) -> dict[str, RunData[Data]]:
    try:
        data = fetch(runs, {tag for run in runs for tag in wanted[run]})
        return {run: RunData(data.get(run, {})) for run in runs}
    except (grpc.RpcError, *_DAMAGED) as error:
        _reason(error)
    if len(runs) == 1:
        return {runs[0]: _read_tag_by_tag(fetch, runs[0], wanted[runs[0]])}
    half = len(runs) // 2
    return _read(fetch, runs[:half], wanted) | _read(fetch, runs[half:], wanted)


def _read_tag_by_tag(fetch: Fetch[Data], run: str, tags: Collection[str]) -> RunData[Data]:
    data: dict[str, Data] = {}
    notes = []
    for tag in tags:
        try:
            data |= fetch([run], [tag]).get(run, {})
        except (grpc.RpcError, *_DAMAGED) as error:
            notes.append(f"{tag} {_reason(error)}")
    return RunData(data, tuple(notes))


def _reason(error: Exception) -> str:
    """Returns why a tag cannot be read; raises what is not a tag's fault."""
    if not isinstance(error, grpc.RpcError):
        return f"was skipped: a record of it is damaged ({type(error).__name__}: {error})."
    if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
        raise error
    return (
        "is larger than TensorBoard's data server can send: start TensorBoard with "
        "--load_fast=false to see it."
    )


def batched(names: Iterable[str], size: int) -> Iterator[list[str]]:
    """Yields names, so many at a time: `itertools.batched` of Python 3.12."""
    remaining = iter(names)
    while batch := list(itertools.islice(remaining, size)):
        yield batch

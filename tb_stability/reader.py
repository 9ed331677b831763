"""Reads a run's series from any TensorBoard data provider; needs neither TensorFlow nor Keras."""

from __future__ import annotations

import collections
import dataclasses
import threading
from collections.abc import Sequence

import grpc
from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider

from tb_stability.assemble import Tags, assemble_run
from tb_stability.metadata import PLUGIN_NAME
from tb_stability.natural_sort import natural_key
from tb_stability.series import RunSeries

Data = dict[str, list[tb_provider.TensorDatum]]

# More samples per tag than any run has: the data provider must not thin out what it holds.
_ALL_SAMPLES = 100_000_000


class RunReader:
    """Reads runs from a data provider and keeps each until its data change.

    Safe for use by several threads: TensorBoard serves requests in parallel.

    Args:
      data_provider: Any TensorBoard data provider.

    Example:

    >>> reader = RunReader(data_provider)                     # doctest: +SKIP
    >>> for run in reader.list_runs(experiment_id="logs"):    # doctest: +SKIP
    ...     series = reader.read(run, experiment_id="logs")
    """

    def __init__(self, data_provider: tb_provider.DataProvider) -> None:
        self._provider = data_provider
        self._cache: dict[tuple[str, str], tuple[str, RunSeries]] = {}
        self._locks: dict[tuple[str, str], threading.Lock] = collections.defaultdict(threading.Lock)

    def list_runs(
        self, *, experiment_id: str, context: RequestContext | None = None
    ) -> dict[str, str]:
        """Returns the revision of every run that holds data of this plugin, in natural order.

        A run's revision changes whenever its data do.
        """
        listing = self._list_tags(context, experiment_id, runs=None)
        return {run: _revision(listing[run]) for run in sorted(listing, key=natural_key)}

    def read(
        self, run: str, *, experiment_id: str, context: RequestContext | None = None
    ) -> tuple[str, RunSeries]:
        """Returns a run's revision and everything measured of it.

        Raises:
          KeyError: If there is no such run, or it holds no data of this plugin.
        """
        tags = self._list_tags(context, experiment_id, runs=[run]).get(run)
        if not tags:
            raise KeyError(run)
        revision = _revision(tags)
        key = (experiment_id, run)
        # One lock a run: a second request for a long run waits for the first instead of reading it
        # again, while other runs stay free.
        with self._locks[key]:
            cached = self._cache.get(key)
            if cached and cached[0] == revision:
                return cached
            data, notes = self._read_data(context, experiment_id, run, tags)
            series = assemble_run(run, tags, data)
            if notes:
                series = dataclasses.replace(series, notes=(*series.notes, *notes))
            self._cache[key] = (revision, series)
            return self._cache[key]

    def _read_data(
        self, context: RequestContext | None, experiment_id: str, run: str, tags: Tags
    ) -> tuple[Data, list[str]]:
        """Returns the tensors of each tag, and notes on what could not be read."""
        try:
            return self._read_tags(context, experiment_id, run, None), []
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
        # More than TensorBoard's data server sends in one message: 256 MiB. Asked for tag by tag,
        # at most single tags are too large.
        data: Data = {}
        notes = []
        for tag in tags:
            try:
                data |= self._read_tags(context, experiment_id, run, [tag])
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                    raise
                notes.append(
                    f"{tag} is larger than TensorBoard's data server can send: start TensorBoard "
                    "with --load_fast=false to see it."
                )
        return data, notes

    def _read_tags(
        self,
        context: RequestContext | None,
        experiment_id: str,
        run: str,
        tags: Sequence[str] | None,
    ) -> Data:
        result: dict[str, Data] = self._provider.read_tensors(
            context or RequestContext(),
            experiment_id=experiment_id,
            plugin_name=PLUGIN_NAME,
            downsample=_ALL_SAMPLES,
            run_tag_filter=tb_provider.RunTagFilter(runs=[run], tags=tags),
        )
        return result.get(run, {})

    def _list_tags(
        self, context: RequestContext | None, experiment_id: str, runs: Sequence[str] | None
    ) -> dict[str, Tags]:
        listing: dict[str, Tags] = self._provider.list_tensors(
            context or RequestContext(),
            experiment_id=experiment_id,
            plugin_name=PLUGIN_NAME,
            run_tag_filter=tb_provider.RunTagFilter(runs=runs),
        )
        return listing


def _revision(tags: Tags) -> str:
    steps = [series.max_step for series in tags.values() if series.max_step is not None]
    times = [series.max_wall_time for series in tags.values() if series.max_wall_time is not None]
    return f"{max(steps, default=0)}:{max(times, default=0.0)!r}:{len(tags)}"

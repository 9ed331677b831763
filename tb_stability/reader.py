"""Reads a run's series from any TensorBoard data provider; needs neither TensorFlow nor Keras."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider

from tb_stability.freed_memory import FreedMemory
from tb_stability.natural_sort import natural_key
from tb_stability.portions import RUNS_PER_REQUEST
from tb_stability.scalar_source import ScalarSource
from tb_stability.series import RunSeries
from tb_stability.tensor_source import TensorSource


class _Source(Protocol):
    """Reads the runs that it has listed."""

    def read(
        self, context: RequestContext, experiment_id: str, listed: Any
    ) -> dict[str, RunSeries]: ...


@dataclasses.dataclass(frozen=True)
class _Listed:
    """A run of the data provider: when it changed last, who reads it, and what it was told."""

    revision: str
    source: _Source
    item: Any


class RunReader:
    """Reads runs from a data provider and keeps each until its data change.

    Runs are those that the callback wrote, and beside them those of which only standard loggers
    wrote a loss (see `tb_stability.scalar_runs`).

    Safe for use by several threads: TensorBoard serves requests in parallel.

    Args:
      data_provider: Any TensorBoard data provider.

    Example:

    >>> reader = RunReader(data_provider)                     # doctest: +SKIP
    >>> for run in reader.list_runs(experiment_id="logs"):    # doctest: +SKIP
    ...     series = reader.read(run, experiment_id="logs")
    """

    def __init__(self, data_provider: tb_provider.DataProvider) -> None:
        self._tensors = TensorSource(data_provider)
        self._scalars = ScalarSource(data_provider)
        # The TensorBoard runs that a run of scalars is made of: asked for one run, the data
        # provider need not list them all.
        self._parts: dict[tuple[str, str], Collection[str]] = {}
        self._freed = FreedMemory()
        self._cache: dict[tuple[str, str], tuple[str, RunSeries]] = {}
        # One lock a run: a second request for a long run waits for the first instead of reading it
        # again, while other runs stay free.
        self._locks: dict[tuple[str, str], threading.Lock] = collections.defaultdict(threading.Lock)

    def list_runs(
        self, *, experiment_id: str, context: RequestContext | None = None
    ) -> dict[str, str]:
        """Returns the revision of every run, in natural order of name.

        A run's revision changes whenever its data do.
        """
        listing = self._list_all(context or RequestContext(), experiment_id)
        self._forget_all_but(experiment_id, listing)
        return {run: listing[run].revision for run in sorted(listing, key=natural_key)}

    def read(
        self,
        run: str,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        revision: str | None = None,
    ) -> tuple[str, RunSeries]:
        """Returns a run's revision and everything measured of it.

        Args:
          run: Name of the run.
          experiment_id: As the data provider is asked.
          context: Of the request.
          revision: One that will do. Where it is the newest that has been read, the data provider
            is not asked for a newer: its listing alone takes TensorBoard's data server 40 ms.

        Raises:
          KeyError: If there is no such run, or it holds neither data of this plugin nor a loss.
        """
        known = self._cache.get((experiment_id, run))
        if known is not None and known[0] == revision:
            return known
        context = context or RequestContext()
        listed = self._list_one(context, experiment_id, run)
        if listed is None:
            listed = self._list_all(context, experiment_id)[run]
        return self._read(context, experiment_id, {run: listed})[run]

    def read_all(
        self, *, experiment_id: str, context: RequestContext | None = None
    ) -> Iterator[tuple[str, RunSeries]]:
        """Yields the revision and the series of every run, in natural order of name."""
        context = context or RequestContext()
        listing = self._list_all(context, experiment_id)
        self._forget_all_but(experiment_id, listing)
        order = sorted(listing, key=natural_key)
        found: dict[str, tuple[str, RunSeries]] = {}
        for index, run in enumerate(order):
            if run not in found:
                source = listing[run].source
                alike = [item for item in order[index:] if listing[item].source is source]
                ahead = {item: listing[item] for item in alike[:RUNS_PER_REQUEST]}
                found = found | self._read(context, experiment_id, ahead)
            yield found.pop(run)

    def _forget_all_but(self, experiment_id: str, listing: Collection[str]) -> None:
        """Frees what is kept of runs that are no longer there."""
        for kept in (self._cache, self._parts):
            for key in [key for key in list(kept) if key[0] == experiment_id]:
                if key[1] not in listing:
                    kept.pop(key, None)

    def _read(
        self, context: RequestContext, experiment_id: str, listing: Mapping[str, _Listed]
    ) -> dict[str, tuple[str, RunSeries]]:
        """Returns runs of one source, those not known yet read with few requests."""
        with contextlib.ExitStack() as locked:
            # In one order, so that no two threads wait for each other.
            for run in sorted(listing):
                locked.enter_context(self._locks[experiment_id, run])
            found = {}
            new = {}
            for run, listed in listing.items():
                known = self._cache.get((experiment_id, run))
                if known is not None and known[0] == listed.revision:
                    found[run] = known
                else:
                    new[run] = listed
            for source in {listed.source for listed in new.values()}:
                items = {run: listed.item for run, listed in new.items()}
                for run, series in source.read(context, experiment_id, items).items():
                    found[run] = self._cache[experiment_id, run] = (new[run].revision, series)
        self._freed.give_back_after(sum(found[run][1].nbytes for run in new))
        return found

    def _list_all(self, context: RequestContext, experiment_id: str) -> dict[str, _Listed]:
        measured = self._list_tensors(context, experiment_id, None)
        logged = self._list_scalars(context, experiment_id, None, measured)
        return logged | measured

    def _list_one(self, context: RequestContext, experiment_id: str, run: str) -> _Listed | None:
        """Returns the run, None where it was not seen before and holds no data of this plugin."""
        measured = self._list_tensors(context, experiment_id, [run])
        parts = self._parts.get((experiment_id, run))
        if measured or parts is None:
            return measured.get(run)
        return self._list_scalars(context, experiment_id, parts, ()).get(run)

    def _list_tensors(
        self, context: RequestContext, experiment_id: str, runs: Collection[str] | None
    ) -> dict[str, _Listed]:
        listing = self._tensors.list_runs(context, experiment_id, runs)
        return {
            run: _Listed(_revision(tags.values()), self._tensors, tags)
            for run, tags in listing.items()
            if tags
        }

    def _list_scalars(
        self,
        context: RequestContext,
        experiment_id: str,
        parts: Collection[str] | None,
        measured: Collection[str],
    ) -> dict[str, _Listed]:
        listed = {}
        listing = self._scalars.list_runs(context, experiment_id, parts, without=measured)
        for name, item in listing.items():
            self._parts[experiment_id, name] = {scalar.run for scalar in item.scalar_run.scalars}
            listed[name] = _Listed(_revision(item.tags), self._scalars, item)
        return listed


def _revision(time_series: Iterable[Any]) -> str:
    """Returns what changes whenever one of the provider's time series does."""
    listed = list(time_series)
    steps = [series.max_step for series in listed if series.max_step is not None]
    times = [series.max_wall_time for series in listed if series.max_wall_time is not None]
    return f"{max(steps, default=0)}:{max(times, default=0.0)!r}:{len(listed)}"

"""Reads a run's series from any TensorBoard data provider; needs neither TensorFlow nor Keras."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider

from tb_stability.natural_sort import natural_key
from tb_stability.portions import BYTES_PER_REQUEST, RUNS_PER_REQUEST
from tb_stability.run_store import Listed, Revised, RunStore
from tb_stability.scalar_source import ScalarSource
from tb_stability.tensor_source import TensorSource

# Seconds that reading some runs at once may take: whoever asks for one of them waits for all.
_SOON = 0.2


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
        self._store = RunStore()

    def list_runs(
        self, *, experiment_id: str, context: RequestContext | None = None
    ) -> dict[str, Listed]:
        """Returns every run, in natural order of name.

        A run's revision changes whenever its data do.
        """
        listing = self._list_all(context or RequestContext(), experiment_id)
        self._forget_all_but(experiment_id, listing)
        return {run: listing[run] for run in sorted(listing, key=natural_key)}

    def read(
        self,
        run: str,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        revision: str | None = None,
        tag: str | None = None,
    ) -> Revised:
        """Returns a run's revision and everything measured of it.

        Args:
          run: Name of the run.
          experiment_id: As the data provider is asked.
          context: Of the request.
          revision: One that will do. Where it is the newest that has been read, the data provider
            is not asked for a newer: its listing alone takes TensorBoard's data server 40 ms.
          tag: The only one needed: of that revision, a part of the run that has it will do.

        Raises:
          KeyError: If there is no such run, or it holds neither data of this plugin nor a loss.
        """
        known = revision and self._store.get(experiment_id, run, revision, tag)
        if known:
            return known
        context = context or RequestContext()
        listed = self._list(context, experiment_id, run)
        return self._store.read(context, experiment_id, {run: listed})[run]

    def read_first(
        self, run: str, *, experiment_id: str, context: RequestContext | None = None
    ) -> Revised:
        """Returns a run's revision and at least what the first heatmap needs.

        Where `RunSeries.unread` says that there is more, `read` returns all of it, once the first
        part is `shown`, or half a second later.

        Args:
          run: Name of the run.
          experiment_id: As the data provider is asked.
          context: Of the request.

        Raises:
          KeyError: As `read` does.
        """
        context = context or RequestContext()
        listed = self._list(context, experiment_id, run)
        return self._store.read_first(context, experiment_id, run, listed, to_show=True)

    def shown(self, run: str, *, experiment_id: str) -> None:
        """Takes note that somebody was sent what `read_first` returned: the rest may be read."""
        self._store.shown(experiment_id, run)

    def read_all(
        self,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        listing: Mapping[str, Listed] | None = None,
        in_parts: bool = False,
    ) -> Iterator[Revised]:
        """Yields the revision and the series of every run, in natural order of name.

        Args:
          experiment_id: As the data provider is asked.
          context: Of the request.
          listing: What `list_runs` returned, where that was just now.
          in_parts: Yields some runs twice, at first as `read_first` does.
        """
        context = context or RequestContext()
        if listing is None:
            listing = self.list_runs(experiment_id=experiment_id, context=context)
        order = list(listing)
        found: dict[str, Revised] = {}
        portion = 1
        for index, run in enumerate(order):
            if run not in found:
                begun = time.monotonic()
                source = listing[run].source
                alike = [item for item in order[index:] if listing[item].source is source]
                ahead = {item: listing[item] for item in alike[:portion]}
                if in_parts and portion == 1:
                    first = self._store.read_first(
                        context, experiment_id, run, listing[run], to_show=False
                    )
                    if first[1].unread:
                        yield first
                read = self._store.read(context, experiment_id, ahead)
                nbytes = sum(series.nbytes for _, series in read.values())
                portion = _next_portion(len(ahead), time.monotonic() - begun, nbytes)
                found = found | read
            yield found.pop(run)

    def _forget_all_but(self, experiment_id: str, listing: Collection[str]) -> None:
        """Frees what is kept of runs that are no longer there."""
        self._store.forget_all_but(experiment_id, listing)
        for key in [key for key in list(self._parts) if key[0] == experiment_id]:
            if key[1] not in listing:
                self._parts.pop(key, None)

    def _list(self, context: RequestContext, experiment_id: str, run: str) -> Listed:
        listed = self._list_one(context, experiment_id, run)
        return listed or self._list_all(context, experiment_id)[run]

    def _list_all(self, context: RequestContext, experiment_id: str) -> dict[str, Listed]:
        measured = self._list_tensors(context, experiment_id, None)
        logged = self._list_scalars(context, experiment_id, None, measured)
        return logged | measured

    def _list_one(self, context: RequestContext, experiment_id: str, run: str) -> Listed | None:
        """Returns the run, None where it was not seen before and holds no data of this plugin."""
        measured = self._list_tensors(context, experiment_id, [run])
        parts = self._parts.get((experiment_id, run))
        if measured or parts is None:
            return measured.get(run)
        return self._list_scalars(context, experiment_id, parts, ()).get(run)

    def _list_tensors(
        self, context: RequestContext, experiment_id: str, runs: Collection[str] | None
    ) -> dict[str, Listed]:
        listing = self._tensors.list_runs(context, experiment_id, runs)
        return {
            run: Listed(_revision(tags.values()), self._tensors, tags)
            for run, tags in listing.items()
            if tags
        }

    def _list_scalars(
        self,
        context: RequestContext,
        experiment_id: str,
        parts: Collection[str] | None,
        measured: Collection[str],
    ) -> dict[str, Listed]:
        listed = {}
        listing = self._scalars.list_runs(context, experiment_id, parts, without=measured)
        for name, item in listing.items():
            parts_of = {scalar.run for scalar in item.scalar_run.scalars}
            self._parts[experiment_id, name] = tuple(parts_of)
            listed[name] = Listed(_revision(item.tags), self._scalars, item)
        return listed


def _next_portion(portion: int, seconds: float, nbytes: int) -> int:
    """Returns how many runs to read at once after so many took so long and held so much."""
    grown = min(_SOON / max(seconds, 1e-3), BYTES_PER_REQUEST / max(nbytes, 1), 4.0)
    return min(max(int(portion * grown), 1), RUNS_PER_REQUEST)


def _revision(time_series: Iterable[Any]) -> str:
    """Returns what changes whenever one of the provider's time series does."""
    listed = list(time_series)
    steps = [series.max_step for series in listed if series.max_step is not None]
    times = [series.max_wall_time for series in listed if series.max_wall_time is not None]
    return f"{max(steps, default=0)}:{max(times, default=0.0)!r}:{len(listed)}"

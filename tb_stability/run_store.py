"""Runs that were read, each kept until its data change. Nothing is read twice."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Protocol

from tensorboard.context import RequestContext

from tb_stability.freed_memory import FreedMemory
from tb_stability.series import RunSeries

Revised = tuple[str, RunSeries]

# Where the first part of a run took so many seconds to read, whoever waited for it is about to ask
# for its values: the rest of the run waits until they were sent, at most so many seconds.
_LONG = 0.25
_MOST = 0.5


class Source(Protocol):
    """Reads the runs that it has listed."""

    def read(
        self, context: RequestContext, experiment_id: str, listed: Any, *, in_parts: bool = False
    ) -> Iterator[RunSeries]:
        """Yields runs; if asked for parts, where it matters a first part before the whole run."""
        ...


@dataclasses.dataclass(frozen=True)
class Listed:
    """A run of the data provider: when it changed last, who reads it, and what it was told."""

    revision: str
    source: Source
    item: Any


@dataclasses.dataclass(frozen=True)
class _Begun:
    """A run of which a first part was read.

    Attributes:
      first: That part.
      rest: What reads the rest.
      may_go_on: Set once that does not keep anybody waiting.
    """

    first: Revised
    rest: Iterator[RunSeries]
    may_go_on: threading.Event = dataclasses.field(default_factory=threading.Event)


class RunStore:
    """Reads runs and keeps them; safe for use by several threads.

    A second request for a long run waits for the first instead of reading it again, while other
    runs stay free.
    """

    def __init__(self) -> None:
        self._whole: dict[tuple[str, str], Revised] = {}
        self._begun: dict[tuple[str, str], _Begun] = {}
        # Runs that somebody waits to see.
        self._awaited: set[tuple[str, str]] = set()
        self._locks: dict[tuple[str, str], threading.Lock] = collections.defaultdict(threading.Lock)
        self._freed = FreedMemory()

    def get(
        self, experiment_id: str, run: str, revision: str, tag: str | None = None
    ) -> Revised | None:
        """Returns a run, or a part of it that has a tag, if that revision of it was read last."""
        key = (experiment_id, run)
        whole, begun = self._whole.get(key), self._begun.get(key)
        if whole is not None and whole[0] == revision:
            return whole
        if begun is None or begun.first[0] != revision or tag is None:
            return None
        return begun.first if begun.first[1].get(tag) is not None else None

    def read(
        self, context: RequestContext, experiment_id: str, listing: Mapping[str, Listed]
    ) -> dict[str, Revised]:
        """Returns runs of one source, those not known yet read with few requests."""
        for run in listing:
            self._let_first_part_be_shown((experiment_id, run))
        with contextlib.ExitStack() as locked:
            # In one order, so that no two threads wait for each other.
            for run in sorted(listing):
                locked.enter_context(self._locks[experiment_id, run])
            found = {}
            new = {}
            for run, listed in listing.items():
                known = self.get(experiment_id, run, listed.revision)
                known = known or self._finish(experiment_id, run, listed.revision)
                if known is None:
                    new[run] = listed
                else:
                    found[run] = known
            for source in {listed.source for listed in new.values()}:
                items = {run: listed.item for run, listed in new.items()}
                for series in source.read(context, experiment_id, items):
                    found[series.run] = self._keep(experiment_id, new[series.run].revision, series)
        self._freed.give_back_after(sum(found[run][1].nbytes for run in new))
        return found

    def read_first(
        self,
        context: RequestContext,
        experiment_id: str,
        run: str,
        listed: Listed,
        *,
        to_show: bool,
    ) -> Revised:
        """Returns a run, or a first part of it; then `read` goes on from there.

        Args:
          context: Of the request.
          experiment_id: As the data provider is asked.
          run: Name of the run.
          listed: What is known of it.
          to_show: Whether somebody waits for it, and will say when it is `shown`.
        """
        key = (experiment_id, run)
        if to_show:
            self._awaited.add(key)
        with self._locks[key]:
            known, begun = self.get(experiment_id, run, listed.revision), self._begun.get(key)
            if known is not None:
                self._awaited.discard(key)
                return known
            if begun is not None and begun.first[0] == listed.revision:
                return begun.first
            start = time.monotonic()
            parts = listed.source.read(context, experiment_id, {run: listed.item}, in_parts=True)
            series = next(parts)
            if not series.unread:
                self._freed.give_back_after(series.nbytes)
                return self._keep(experiment_id, listed.revision, series)
            begun = self._begun[key] = _Begun((listed.revision, series), parts)
            if time.monotonic() - start < _LONG:
                begun.may_go_on.set()
            return begun.first

    def shown(self, experiment_id: str, run: str) -> None:
        """Takes note that the values of the first part of a run were sent."""
        begun = self._begun.get((experiment_id, run))
        if begun is not None:
            begun.may_go_on.set()

    def forget_all_but(self, experiment_id: str, runs: Collection[str]) -> None:
        """Frees what is kept of runs that are no longer there."""
        for kept in (self._whole, self._begun):
            for key in [key for key in list(kept) if key[0] == experiment_id]:
                if key[1] not in runs:
                    kept.pop(key, None)
                    self._awaited.discard(key)

    def _let_first_part_be_shown(self, key: tuple[str, str]) -> None:
        begun = self._begun.get(key)
        if begun is not None and key in self._awaited:
            begun.may_go_on.wait(_MOST)
            begun.may_go_on.set()

    def _finish(self, experiment_id: str, run: str, revision: str) -> Revised | None:
        """Returns a run of which a first part was read; None where that is not so."""
        begun = self._begun.get((experiment_id, run))
        if begun is None or begun.first[0] != revision:
            return None
        try:
            (series,) = begun.rest
        except BaseException:
            # What reads the rest has ended: whoever asks next begins anew.
            self._begun.pop((experiment_id, run), None)
            raise
        self._freed.give_back_after(series.nbytes)
        return self._keep(experiment_id, revision, series)

    def _keep(self, experiment_id: str, revision: str, series: RunSeries) -> Revised:
        key = (experiment_id, series.run)
        self._whole[key] = (revision, series)
        self._begun.pop(key, None)
        self._awaited.discard(key)
        return self._whole[key]

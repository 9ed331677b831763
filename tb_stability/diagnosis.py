"""Joins the reader and the onset engine: each run is read once and judged once per revision."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from tensorboard.context import RequestContext

from tb_stability.background import Background
from tb_stability.freed_memory import FreedMemory
from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.reader import RunReader
from tb_stability.run_store import Listed
from tb_stability.series import RunSeries

# Sets of thresholds for which a run's onsets are kept: the defaults, and those of a few pages.
MOST_THRESHOLDS = 4

# Seconds between reading and judging: other requests get their turn.
_PAUSE = 0.001

Judgement = Literal["current", "outdated", "pending"]


@dataclasses.dataclass(frozen=True, eq=False)
class DiagnosedRun:
    """A run with its onsets.

    Attributes:
      series: What was measured.
      onsets: What the engine found in it, in order of step.
      revision: Changes whenever the run's data do.
      judgement: ``current``; ``outdated`` where all of this is of an earlier revision and the
        newest is not judged yet; ``pending`` where there are no onsets since nothing was judged.
    """

    series: RunSeries
    onsets: tuple[Onset, ...]
    revision: str
    judgement: Judgement = "current"


@dataclasses.dataclass(frozen=True)
class UnjudgedRun:
    """A run of which nothing but its name is known yet."""

    run: str


class Diagnosis:
    """Reads and judges runs; safe for use by several threads.

    Who has no patience to wait for all judgements says so: they go on in the background.

    Args:
      reader: Where runs come from.
    """

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._judged: dict[tuple[str, str], _Judged] = {}
        self._background = Background()
        self._freed = FreedMemory()

    def run(
        self,
        run: str,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        thresholds: Thresholds | None = None,
        patience: float | None = None,
    ) -> DiagnosedRun:
        """Returns one run with its onsets.

        Args:
          run: Name of the run.
          experiment_id: As the data provider is asked.
          context: Of the request.
          thresholds: Of the rules, if they are others than the defaults.
          patience: Seconds after which the run is returned with what is known of it, once the
            first part of it is read; None for as many as it takes.

        Raises:
          KeyError: If there is no such run, or it holds no data of this plugin.
        """
        begun = time.monotonic()
        thresholds = thresholds or Thresholds()

        def read_whole() -> _Judged:
            found = self._reader.read(run, experiment_id=experiment_id, context=context)
            return self._of(experiment_id, *found)

        if patience is None:
            return read_whole().judge(thresholds)
        key = (experiment_id, run)
        read = self._reader.read if key in self._judged else self._reader.read_first
        revision, series = read(run, experiment_id=experiment_id, context=context)
        judged = None if series.unread else self._of(experiment_id, revision, series)
        if judged is not None and judged.known(thresholds):
            return judged.judge(thresholds)
        self._background.wait(
            (*key, revision, thresholds),
            lambda: self._judge(judged or read_whole(), thresholds),
            patience - (time.monotonic() - begun),
        )
        newest = self._judged.get(key)
        latest = newest.latest(thresholds) if newest else None
        return latest or DiagnosedRun(series, (), revision, "pending")

    def all_runs(
        self,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        thresholds: Thresholds | None = None,
        listing: Mapping[str, Listed] | None = None,
    ) -> list[DiagnosedRun]:
        """Returns every run with its onsets, in natural order of name.

        Args:
          experiment_id: As the data provider is asked.
          context: Of the request.
          thresholds: Of the rules, if they are others than the defaults.
          listing: The reader's, where it was asked just now.
        """
        thresholds = thresholds or Thresholds()
        runs = []
        for revision, series in self._reader.read_all(
            experiment_id=experiment_id, context=context, listing=listing, in_parts=True
        ):
            if not series.unread:
                judged = self._of(experiment_id, revision, series)
                runs.append(self._judge(judged, thresholds))
        self._freed.give_back()
        self._forget_all_but(experiment_id, {run.series.run for run in runs})
        return runs

    def known_runs(
        self,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        thresholds: Thresholds | None = None,
        patience: float,
    ) -> Sequence[DiagnosedRun | UnjudgedRun]:
        """Returns every run as it is known after so many seconds at most, in the same order."""
        begun = time.monotonic()
        thresholds = thresholds or Thresholds()
        listing = self._reader.list_runs(experiment_id=experiment_id, context=context)
        self._forget_all_but(experiment_id, listing)

        def judge() -> None:
            self.all_runs(
                experiment_id=experiment_id,
                context=context,
                thresholds=thresholds,
                listing=listing,
            )

        runs = self._known(experiment_id, listing, thresholds)
        if all(isinstance(run, DiagnosedRun) and run.judgement == "current" for run in runs):
            return runs
        left = patience - (time.monotonic() - begun)
        self._background.wait((experiment_id, thresholds), judge, left)
        return self._known(experiment_id, listing, thresholds)

    def _judge(self, judged: _Judged, thresholds: Thresholds) -> DiagnosedRun:
        if judged.known(thresholds):
            return judged.judge(thresholds)
        time.sleep(_PAUSE)
        found = judged.judge(thresholds)
        self._freed.give_back_after(judged.series.nbytes)
        return found

    def _known(
        self, experiment_id: str, listing: Mapping[str, Listed], thresholds: Thresholds
    ) -> list[DiagnosedRun | UnjudgedRun]:
        """Returns the runs of a listing, without reading or judging any."""
        runs: list[DiagnosedRun | UnjudgedRun] = []
        for run, listed in listing.items():
            judged = self._judged.get((experiment_id, run))
            latest = judged.latest(thresholds) if judged else None
            if latest is not None and latest.revision != listed.revision:
                latest = dataclasses.replace(latest, judgement="outdated")
            runs.append(latest or UnjudgedRun(run))
        return runs

    def _of(self, experiment_id: str, revision: str, series: RunSeries) -> _Judged:
        key = (experiment_id, series.run)
        judged = self._judged.get(key)
        if judged is None or judged.series is not series:
            judged = self._judged[key] = _Judged(series, revision, judged)
        return judged

    def _forget_all_but(self, experiment_id: str, listing: Collection[str]) -> None:
        for key in [key for key in list(self._judged) if key[0] == experiment_id]:
            if key[1] not in listing:
                self._judged.pop(key, None)


class _Judged:
    """One revision of a run, with what was found in it by the thresholds that were used last.

    Until it is judged by some thresholds, what they found in the revision before it stands in.
    """

    def __init__(self, series: RunSeries, revision: str, before: _Judged | None) -> None:
        self.series = series
        self._revision = revision
        self._before: _Judged | None = before
        if before is not None and not before._found:
            self._before = before._before
        self._found: dict[Thresholds, DiagnosedRun] = {}
        self._lock = threading.Lock()

    def known(self, thresholds: Thresholds) -> bool:
        return thresholds in self._found

    def latest(self, thresholds: Thresholds) -> DiagnosedRun | None:
        """Returns the run as it was judged last; None where it never was."""
        found, before = self._found.get(thresholds), self._before
        if found is not None or before is None:
            return found
        found = before.latest(thresholds)
        return None if found is None else dataclasses.replace(found, judgement="outdated")

    def judge(self, thresholds: Thresholds) -> DiagnosedRun:
        # Who asks for the same meanwhile waits for it, as it would take no less time to judge.
        with self._lock:
            if thresholds not in self._found:
                while len(self._found) >= MOST_THRESHOLDS:
                    del self._found[next(iter(self._found))]
                onsets = tuple(find_onsets(self.series, thresholds))
                self._found[thresholds] = DiagnosedRun(self.series, onsets, self._revision)
            found = self._found[thresholds]
            self._before = None
            return found

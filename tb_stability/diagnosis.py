"""Joins the reader and the onset engine: each run is read once and judged once per revision."""

from __future__ import annotations

import dataclasses
import threading

from tensorboard.context import RequestContext

from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.reader import RunReader
from tb_stability.series import RunSeries

# Sets of thresholds for which a run's onsets are kept: the defaults, and those of a few pages.
MOST_THRESHOLDS = 4


@dataclasses.dataclass(frozen=True, eq=False)
class DiagnosedRun:
    """A run with its onsets.

    Attributes:
      series: What was measured.
      onsets: What the engine found in it, in order of step.
      revision: Changes whenever the run's data do.
    """

    series: RunSeries
    onsets: tuple[Onset, ...]
    revision: str


class Diagnosis:
    """Reads and judges runs; safe for use by several threads.

    Args:
      reader: Where runs come from.
    """

    def __init__(self, reader: RunReader) -> None:
        self._reader = reader
        self._judged: dict[tuple[str, str], _Judged] = {}

    def run(
        self,
        run: str,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        thresholds: Thresholds | None = None,
    ) -> DiagnosedRun:
        """Returns one run with its onsets.

        Args:
          run: Name of the run.
          experiment_id: As the data provider is asked.
          context: Of the request.
          thresholds: Of the rules, if they are others than the defaults.

        Raises:
          KeyError: If there is no such run, or it holds no data of this plugin.
        """
        revision, series = self._reader.read(run, experiment_id=experiment_id, context=context)
        return self._judge(experiment_id, revision, series, thresholds)

    def all_runs(
        self,
        *,
        experiment_id: str,
        context: RequestContext | None = None,
        thresholds: Thresholds | None = None,
    ) -> list[DiagnosedRun]:
        """Returns every run with its onsets, in natural order of name."""
        found = self._reader.read_all(experiment_id=experiment_id, context=context)
        runs = [
            self._judge(experiment_id, revision, series, thresholds) for revision, series in found
        ]
        present = {run.series.run for run in runs}
        for key in [key for key in list(self._judged) if key[0] == experiment_id]:
            if key[1] not in present:
                self._judged.pop(key, None)
        return runs

    def _judge(
        self, experiment_id: str, revision: str, series: RunSeries, thresholds: Thresholds | None
    ) -> DiagnosedRun:
        key = (experiment_id, series.run)
        judged = self._judged.get(key)
        if judged is None or judged.series is not series:
            judged = self._judged[key] = _Judged(series)
        return DiagnosedRun(series, judged.onsets(thresholds or Thresholds()), revision)


class _Judged:
    """One revision of a run, with what was found in it by the thresholds that were used last."""

    def __init__(self, series: RunSeries) -> None:
        self.series = series
        self._onsets: dict[Thresholds, tuple[Onset, ...]] = {}
        self._lock = threading.Lock()

    def onsets(self, thresholds: Thresholds) -> tuple[Onset, ...]:
        # Who asks for the same meanwhile waits for it, as it would take no less time to judge.
        with self._lock:
            if thresholds not in self._onsets:
                while len(self._onsets) >= MOST_THRESHOLDS:
                    del self._onsets[next(iter(self._onsets))]
                self._onsets[thresholds] = tuple(find_onsets(self.series, thresholds))
            return self._onsets[thresholds]

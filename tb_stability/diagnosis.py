"""Joins the reader and the onset engine: each run is read once and judged once per revision."""

from __future__ import annotations

import dataclasses

from tensorboard.context import RequestContext

from tb_stability.onsets import Onset, Thresholds, find_onsets
from tb_stability.reader import RunReader
from tb_stability.series import RunSeries


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
        self._cache: dict[tuple[str, str], DiagnosedRun] = {}
        self._thresholds = Thresholds()

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
        return [
            self._judge(experiment_id, revision, series, thresholds) for revision, series in found
        ]

    def _judge(
        self, experiment_id: str, revision: str, series: RunSeries, thresholds: Thresholds | None
    ) -> DiagnosedRun:
        if thresholds not in (None, self._thresholds):
            return DiagnosedRun(series, tuple(find_onsets(series, thresholds)), revision)
        key = (experiment_id, series.run)
        cached = self._cache.get(key)
        if cached is None or cached.series is not series:
            # Two threads may judge the same revision at once: they come to the same result.
            cached = DiagnosedRun(series, tuple(find_onsets(series)), revision)
            self._cache[key] = cached
        return cached

"""Runs that only standard loggers wrote: TensorBoard's own scalars."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping

from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider
from tensorboard.plugins.scalar.metadata import PLUGIN_NAME as SCALARS

from tb_stability.assemble_scalars import assemble_scalars
from tb_stability.data_server import read_scalars
from tb_stability.portions import read_in_portions
from tb_stability.records import ReadTags, ScalarRecords
from tb_stability.scalar_runs import ScalarRun, scalar_runs
from tb_stability.series import RunSeries

Tags = dict[str, tb_provider.ScalarTimeSeries]


@dataclasses.dataclass(frozen=True)
class ListedRun:
    """A run, and the provider's listing of every scalar that belongs to it."""

    scalar_run: ScalarRun
    tags: tuple[tb_provider.ScalarTimeSeries, ...]


class ScalarSource:
    """Lists and reads the runs that `tb_stability.scalar_runs` makes out.

    Args:
      data_provider: Any TensorBoard data provider.
    """

    def __init__(self, data_provider: tb_provider.DataProvider) -> None:
        self._provider = data_provider

    def list_runs(
        self,
        context: RequestContext,
        experiment_id: str,
        parts: Collection[str] | None,
        *,
        without: Collection[str],
    ) -> dict[str, ListedRun]:
        """Returns the runs by name.

        Args:
          context: Of the request.
          experiment_id: As the data provider is asked.
          parts: The TensorBoard runs to look at; None for all of them.
          without: Runs that are known otherwise.
        """
        listing: Mapping[str, Tags] = self._provider.list_scalars(
            context,
            experiment_id=experiment_id,
            plugin_name=SCALARS,
            run_tag_filter=tb_provider.RunTagFilter(runs=parts),
        )
        return {
            name: ListedRun(
                found, tuple(listing[scalar.run][scalar.tag] for scalar in found.scalars)
            )
            for name, found in scalar_runs(listing, without=without).items()
        }

    def read(
        self,
        context: RequestContext,
        experiment_id: str,
        listed: Mapping[str, ListedRun],
        *,
        in_parts: bool = False,
    ) -> Iterator[RunSeries]:
        """Yields what was logged of runs that were listed; a loss is too little for parts."""

        def fetch(runs: Collection[str], tags: Collection[str]) -> ReadTags[ScalarRecords]:
            return read_scalars(
                self._provider, context, experiment_id=experiment_id, runs=runs, tags=tags
            )

        wanted: dict[str, set[str]] = {}
        for item in listed.values():
            for scalar in item.scalar_run.scalars:
                wanted.setdefault(scalar.run, set()).add(scalar.tag)
        data = read_in_portions(fetch, wanted)
        values = {part: of_part.tags for part, of_part in data.items()}
        for item in listed.values():
            series = assemble_scalars(item.scalar_run, values)
            parts = sorted({scalar.run for scalar in item.scalar_run.scalars})
            notes = [note for part in parts for note in data[part].notes]
            yield dataclasses.replace(series, notes=(*series.notes, *notes))

"""Runs that the callback wrote: the tensors of this plugin."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping

from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider

from tb_stability.assemble import Tags, assemble_run
from tb_stability.metadata import PLUGIN_NAME
from tb_stability.portions import ALL_SAMPLES, read_in_portions
from tb_stability.series import RunSeries

Data = dict[str, dict[str, list[tb_provider.TensorDatum]]]


class TensorSource:
    """Lists and reads the runs that hold data of this plugin.

    Args:
      data_provider: Any TensorBoard data provider.
    """

    def __init__(self, data_provider: tb_provider.DataProvider) -> None:
        self._provider = data_provider

    def list_runs(
        self, context: RequestContext, experiment_id: str, runs: Collection[str] | None
    ) -> Mapping[str, Tags]:
        """Returns the tags of each run, or of each of `runs`."""
        listing: dict[str, Tags] = self._provider.list_tensors(
            context,
            experiment_id=experiment_id,
            plugin_name=PLUGIN_NAME,
            run_tag_filter=tb_provider.RunTagFilter(runs=runs),
        )
        return listing

    def read(
        self, context: RequestContext, experiment_id: str, listed: Mapping[str, Tags]
    ) -> dict[str, RunSeries]:
        """Returns everything measured of runs whose tags were listed."""

        def fetch(runs: Collection[str], tags: Collection[str]) -> Data:
            data: Data = self._provider.read_tensors(
                context,
                experiment_id=experiment_id,
                plugin_name=PLUGIN_NAME,
                downsample=ALL_SAMPLES,
                run_tag_filter=tb_provider.RunTagFilter(runs=runs, tags=tags),
            )
            return data

        found = {}
        for run, data in read_in_portions(fetch, listed).items():
            series = assemble_run(run, listed[run], data.tags)
            found[run] = dataclasses.replace(series, notes=(*series.notes, *data.notes))
        return found

"""Runs that the callback wrote: the tensors of this plugin."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping

from tensorboard.context import RequestContext
from tensorboard.data import provider as tb_provider

from tb_stability.assemble import WINDOWS_TAG, Tags, assemble_run
from tb_stability.data_server import read_tensors
from tb_stability.first_part import first_tags, join_parts, with_unread
from tb_stability.metadata import PLUGIN_NAME
from tb_stability.portions import BYTES_PER_REQUEST, Fetch, RunData, batched, read_in_portions
from tb_stability.records import NO_RECORDS, ReadTags, Records
from tb_stability.series import RunSeries


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
        self,
        context: RequestContext,
        experiment_id: str,
        listed: Mapping[str, Tags],
        *,
        in_parts: bool = False,
    ) -> Iterator[RunSeries]:
        """Yields everything measured of runs whose tags were listed.

        Args:
          context: Of the request.
          experiment_id: As the data provider is asked.
          listed: The listing of each run.
          in_parts: Yields before each run the part of it that the first heatmap needs, with the
            rest as `RunSeries.unread`; where it makes no difference, the run comes at once.
        """

        def fetch(runs: Collection[str], tags: Collection[str]) -> ReadTags[Records]:
            return read_tensors(
                self._provider, context, experiment_id=experiment_id, runs=runs, tags=tags
            )

        if len(listed) > 1 and not in_parts:
            for run, data in read_in_portions(fetch, listed).items():
                yield _assembled(run, listed[run], data)
            return
        for run, tags in listed.items():
            for series in _read_in_parts(fetch, run, tags):
                if in_parts or not series.unread:
                    yield series


def _read_in_parts(fetch: Fetch[Records], run: str, tags: Tags) -> Iterator[RunSeries]:
    """Yields a run's first part, and the run.

    The rest is asked for some tags at a time: a request for all would be there as records, before
    any of them is an array, in the data server, on its way and here.
    """
    ahead = first_tags(tags)
    behind = sorted(tags.keys() - ahead)
    if not ahead or not behind:
        yield _assembled(run, tags, read_in_portions(fetch, {run: tags})[run])
        return
    data = read_in_portions(fetch, {run: ahead})[run]
    series = _assembled(run, {tag: tags[tag] for tag in ahead}, data)
    windows = {WINDOWS_TAG: data.tags.get(WINDOWS_TAG, NO_RECORDS)}
    yield with_unread(series, {tag: tags[tag] for tag in behind})
    nbytes = series.nbytes // max(len(series.series), 1)
    at_once = max(BYTES_PER_REQUEST // max(nbytes, 1), 1)
    for some in batched(behind, at_once):
        data = read_in_portions(fetch, {run: some})[run]
        data = RunData({**data.tags, **windows}, data.notes)
        rest = _assembled(run, {tag: tags[tag] for tag in (*some, WINDOWS_TAG)}, data)
        series = join_parts(series, rest)
    yield series


def _assembled(run: str, tags: Tags, data: RunData[Records]) -> RunSeries:
    series = assemble_run(run, tags, data.tags)
    return dataclasses.replace(series, notes=(*series.notes, *data.notes))

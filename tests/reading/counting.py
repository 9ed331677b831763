"""A data provider that is watched, and a client of what reads from it."""

from __future__ import annotations

import collections
import itertools
import json
import threading
from typing import Any

import werkzeug.test
from tensorboard.backend import application
from tensorboard.data.provider import DataProvider
from tensorboard.plugins import base_plugin
from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin

from tb_stability.plugin import StabilityPlugin

RUNS = ("a", "b")


class Counting:
    """A data provider that counts which tags are read; their listing can be made to grow."""

    def __init__(self, provider: DataProvider) -> None:
        self._provider = provider
        self._tags: collections.Counter[tuple[str, str]] = collections.Counter()
        self.listings = 0
        self.grown: set[str] = set()
        self.gone: set[str] = set()
        self.reading, self.may_read = threading.Event(), threading.Event()
        self.may_read.set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    @property
    def reads(self) -> dict[str, int]:
        """How often each run was read: the tag of it that was read most often."""
        runs = {run for run, _ in self._tags}
        return {
            run: max(count for (of_run, _), count in self._tags.items() if of_run == run)
            for run in runs
        }

    def reads_of(self, run: str, tag: str) -> int:
        """How often a tag of a run was read."""
        return self._tags[run, tag]

    def list_tensors(self, *arguments: Any, **options: Any) -> Any:
        self.listings += 1
        listing = self._provider.list_tensors(*arguments, **options)
        for run in self.grown & listing.keys():
            for series in listing[run].values():
                series._max_wall_time += 1.0
        return {run: tags for run, tags in listing.items() if run not in self.gone}

    def read_tensors(self, *arguments: Any, run_tag_filter: Any, **options: Any) -> Any:
        self._tags.update(itertools.product(run_tag_filter.runs, run_tag_filter.tags))
        self.reading.set()
        assert self.may_read.wait(60)
        return self._provider.read_tensors(*arguments, run_tag_filter=run_tag_filter, **options)


def client_of(provider: Any) -> werkzeug.test.Client:
    context = base_plugin.TBContext(data_provider=provider)
    plugins = [StabilityPlugin(context), ScalarsPlugin(context)]
    return werkzeug.test.Client(application.TensorBoardWSGI(plugins))


def get(client: werkzeug.test.Client, route: str, **arguments: str) -> Any:
    response = client.get(f"/data/plugin/stability/{route}", query_string=arguments)
    assert response.status_code == 200
    return json.loads(response.get_data())

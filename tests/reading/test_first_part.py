"""The first part of a run: shown before the rest is read, and the same as in the whole."""

from __future__ import annotations

import dataclasses
import pathlib
import threading
from typing import Any

import numpy as np
import pytest
from tensorboard.context import RequestContext

from tb_stability import freed_memory, run_store
from tb_stability.assemble import WINDOWS_TAG
from tb_stability.first_part import first_tags
from tb_stability.metadata import GRADIENT_NORM, PLUGIN_NAME, RUN_RECORD, tag_of
from tb_stability.reader import RunReader
from tb_stability.series import RunSeries
from tb_stability.tensor_source import TensorSource
from tests import providers, synthetic
from tests.reading.counting import Counting, client_of, get

HEATMAP = tag_of(GRADIENT_NORM.name)
LOSS = "stability/loss"


def test_the_frame_and_the_first_heatmap_are_read_first(provider: Counting) -> None:
    tags = provider.list_tensors(RequestContext(), experiment_id="", plugin_name=PLUGIN_NAME)["a"]
    assert first_tags(tags) == {WINDOWS_TAG, tag_of(RUN_RECORD.name), HEATMAP}


@pytest.mark.parametrize("lost", [WINDOWS_TAG, HEATMAP])
def test_a_run_without_windows_or_that_heatmap_is_read_at_once(
    provider: Counting, lost: str
) -> None:
    tags = provider.list_tensors(RequestContext(), experiment_id="", plugin_name=PLUGIN_NAME)["a"]
    assert not first_tags({tag: listed for tag, listed in tags.items() if tag != lost})


def read_at_once(provider: Any) -> RunSeries:
    """Returns run `a` as it is read among others."""
    source, context = TensorSource(provider), RequestContext()
    found = {
        series.run: series
        for series in source.read(context, "", source.list_runs(context, "", None))
    }
    assert len(found) == 2
    return found["a"]


def test_what_is_read_in_parts_is_what_is_read_at_once(provider: Counting) -> None:
    in_parts = RunReader(provider)
    revision, first = in_parts.read_first("a", experiment_id="")
    assert [series.tag for series in first.series] == [HEATMAP]
    assert {metadata.tag for metadata in first.unread} >= {LOSS}
    assert in_parts.read_first("a", experiment_id="") == (revision, first)
    found, whole = in_parts.read("a", experiment_id="")
    at_once = read_at_once(provider)
    assert (found, whole.unread, whole.notes) == (revision, (), at_once.notes)
    assert [series.tag for series in whole.series] == [series.tag for series in at_once.series]
    for one, other in zip(whole.series, at_once.series, strict=True):
        for name in ("step", "first_step", "epoch", "wall_time", "values"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert in_parts.read_first("a", experiment_id="") == (revision, whole)
    assert provider.reads == {"a": 2, "b": 1}


@pytest.mark.parametrize("kind", providers.KINDS)
def test_either_loader_brings_the_same_parts(tmp_path: pathlib.Path, kind: str) -> None:
    for name in ("a", "b"):
        synthetic.write(synthetic.exploding(), tmp_path / name)
    with providers.open_provider(kind, tmp_path) as opened:
        reader = RunReader(opened)
        _, first = reader.read_first("a", experiment_id="")
        _, whole = reader.read("a", experiment_id="")
        at_once = read_at_once(opened)
    assert [series.tag for series in first.series] == [HEATMAP]
    assert (whole.record, whole.notes, whole.epochs) == (at_once.record, at_once.notes, 9)
    assert {one.tag: one.values.tobytes() for one in whole.series} == {
        one.tag: one.values.tobytes() for one in at_once.series
    }


def test_the_rest_of_a_run_that_has_changed_is_not_joined_to_an_old_part(
    provider: Counting,
) -> None:
    reader = RunReader(provider)
    before, _ = reader.read_first("a", experiment_id="")
    provider.grown = {"a"}
    after, whole = reader.read("a", experiment_id="")
    assert (after != before, whole.unread) == (True, ())
    assert provider.reads == {"a": 2}


def test_a_rest_that_cannot_be_read_is_tried_anew(
    provider: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = RunReader(provider)
    reader.read_first("a", experiment_id="")

    def broken(*arguments: Any, **options: Any) -> Any:
        raise ConnectionError("the data server has gone")

    with monkeypatch.context() as patch:
        patch.setattr(provider, "read_tensors", broken)
        with pytest.raises(ConnectionError, match="the data server has gone"):
            reader.read("a", experiment_id="")
    assert not reader.read("a", experiment_id="")[1].unread


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of any run waits a long time for its first part to be shown."""
    monkeypatch.setattr(run_store, "_LONG", 0.0)
    monkeypatch.setattr(run_store, "_MOST", 3600.0)


def test_the_first_heatmap_is_sent_before_the_rest_is_read(
    provider: Counting, patient: None
) -> None:
    client = client_of(provider)
    run = get(client, "run", run="a", wait="0")
    assert (run["judgement"], run["steps"], run["status"]) == ("pending", 180, "finished")
    windows = {item["tag"]: item["windows"] for item in run["series"]}
    assert windows[HEATMAP] == 18
    assert windows[LOSS] is None
    asked = {"run": "a", "revision": run["revision"]}
    loss: list[Any] = []
    waiting = threading.Thread(target=lambda: loss.append(get(client, "series", **asked, tag=LOSS)))
    waiting.start()
    listings = provider.listings
    first = get(client, "series", **asked, tag=HEATMAP)
    assert first["windows"] == 18
    waiting.join(60)
    assert loss[0]["windows"] == 18
    assert provider.listings <= listings + 2  # for the loss, and for the judgement
    assert get(client, "series", **asked, tag=HEATMAP) == first
    whole = get(client, "run", run="a")
    assert [item["tag"] for item in whole["series"]] == [item["tag"] for item in run["series"]]
    assert all(item["windows"] for item in whole["series"])
    assert provider.reads == {"a": 1}


def test_the_rest_waits_until_the_first_part_is_shown(provider: Counting, patient: None) -> None:
    reader = RunReader(provider)
    reader.read_first("a", experiment_id="")
    reading = threading.Thread(target=reader.read, args=("a",), kwargs={"experiment_id": ""})
    reading.start()
    reading.join(0.2)
    assert (provider.reads_of("a", HEATMAP), provider.reads_of("a", LOSS)) == (1, 0)
    reader.shown("a", experiment_id="")
    reading.join(60)
    assert (provider.reads_of("a", HEATMAP), provider.reads_of("a", LOSS)) == (1, 1)


def test_the_rest_does_not_wait_for_ever(
    provider: Counting, patient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_store, "_MOST", 0.01)
    reader = RunReader(provider)
    assert reader.read_first("a", experiment_id="")[1].unread
    assert not reader.read("a", experiment_id="")[1].unread


def test_a_list_that_nobody_chose_from_is_read_and_judged_at_once(
    provider: Counting, patient: None
) -> None:
    runs = get(client_of(provider), "runs", wait="60000")["runs"]
    assert {run["judgement"] for run in runs} == {"current"}


@pytest.mark.parametrize("in_parts", [True, False])
def test_what_reading_a_run_leaves_behind_is_given_back(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, in_parts: bool
) -> None:
    """Seen of a run that had no first part: four times its file stayed."""
    trimmed: list[int] = []
    monkeypatch.setattr(freed_memory, "_malloc_trim", lambda: trimmed.append)
    monkeypatch.setattr(freed_memory, "_WORTH", 1)
    run = synthetic.exploding()
    losses = tuple(series for series in run.series if series.tag == LOSS)
    synthetic.write(run if in_parts else dataclasses.replace(run, series=losses), tmp_path / "a")
    with providers.open_provider("python loader", tmp_path) as opened:
        reader = RunReader(opened)
        _, found = reader.read_first("a", experiment_id="")
        assert bool(found.unread) == in_parts
        reader.read("a", experiment_id="")
    assert trimmed == [0]

"""Reading real event files through both of TensorBoard's data providers."""

from __future__ import annotations

import pathlib

import grpc
import numpy as np
import pytest
from tensorboard.data.provider import DataProvider, RunTagFilter

from tb_stability import metadata
from tb_stability.metadata import SeriesMetadata
from tb_stability.reader import RunReader
from tb_stability.series import RunSeries
from tb_stability.writer import EventWriter
from tests import providers, synthetic


def read(kind: str, logdir: pathlib.Path, run: str = "run1", samples: int | None = 0) -> RunSeries:
    with providers.open_provider(kind, logdir, samples=samples) as provider:
        return RunReader(provider).read(run, experiment_id="")[1]


@pytest.mark.parametrize("kind", providers.KINDS)
def test_what_was_written_is_read(kind: str, tmp_path: pathlib.Path) -> None:
    written = synthetic.exploding()
    synthetic.write(written, tmp_path / "run1")

    run = read(kind, tmp_path)

    assert (run.run, run.epochs, run.steps, run.status) == ("run1", 9, 180, "finished")
    assert run.record == written.record
    assert run.notes == ()
    assert [series.tag for series in run.series] == [
        "stability/loss",
        "stability/learning_rate",
        "stability/gradient_norm",
    ]
    for series in written.series:
        found = run.get(series.tag)
        assert found is not None
        assert found.metadata == series.metadata
        for name in ("step", "first_step", "epoch", "wall_time", "values"):
            np.testing.assert_array_equal(getattr(found, name), getattr(series, name), name)


@pytest.mark.parametrize("kind", providers.KINDS)
def test_300_epochs_are_300_windows(kind: str, tmp_path: pathlib.Path) -> None:
    loss = np.linspace(1.0, 0.5, 300)
    synthetic.write(synthetic.run(loss, per_epoch=1), tmp_path / "run1")
    assert len(read(kind, tmp_path).windows) == 300


@pytest.mark.parametrize("kind", providers.KINDS)
def test_a_provider_that_kept_a_sample_only_is_noticed(kind: str, tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.run(np.linspace(1.0, 0.5, 300)), tmp_path / "run1")
    run = read(kind, tmp_path, samples=None)
    assert len(run.windows) in (10, 100)
    assert any("--samples_per_plugin=stability=0 keeps all" in note for note in run.notes)


@pytest.mark.parametrize("kind", providers.KINDS)
def test_nan_and_infinity_and_missing_stay_apart(kind: str, tmp_path: pathlib.Path) -> None:
    norms = np.tile([0.5, 2.0, 1.0], (4, 1))
    norms[1, 0], norms[1, 1], norms[1, 2] = np.nan, np.inf, -np.inf
    written = synthetic.run(np.ones(4), gradients=norms)
    written.series[1].values[2, 0, metadata.PER_STEP.index("count")] = 0
    synthetic.write(written, tmp_path / "run1")

    series = read(kind, tmp_path).get("stability/gradient_norm")

    assert series is not None
    np.testing.assert_array_equal(series.statistic("mean")[1], [np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(
        series.measured, [[True] * 3, [True] * 3, [False, True, True], [True] * 3]
    )


def test_runs_come_in_natural_order(tmp_path: pathlib.Path) -> None:
    for name in ("run10", "run9", "lr=1e-2/run1"):
        synthetic.write(synthetic.healthy(), tmp_path / name)
    with providers.open_provider("python loader", tmp_path) as provider:
        runs = list(RunReader(provider).list_runs(experiment_id=""))
    assert runs == ["lr=1e-2/run1", "run9", "run10"]


def test_an_unknown_run_raises(tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.healthy(), tmp_path / "run1")
    with providers.open_provider("python loader", tmp_path) as provider:
        reader = RunReader(provider)
    with pytest.raises(KeyError, match="run2"):
        reader.read("run2", experiment_id="")


def test_a_run_is_read_once_per_revision(tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.healthy(), tmp_path / "run1")
    with providers.open_provider("python loader", tmp_path) as provider:
        reader = RunReader(provider)
        revision, run = reader.read("run1", experiment_id="")
        assert reader.read("run1", experiment_id="") == (revision, run)
        (listed,) = reader.list_runs(experiment_id="").values()
        assert listed.revision == revision


@pytest.mark.parametrize("kind", providers.KINDS)
def test_a_run_started_again_replaces_what_it_does_again(kind: str, tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.run(np.full(10, 1.0)), tmp_path / "run1")
    synthetic.write(synthetic.run(np.full(4, 2.0)), tmp_path / "run1")
    run = read(kind, tmp_path)
    loss = run.get("stability/loss")
    assert loss is not None
    np.testing.assert_array_equal(loss.statistic("mean")[:4, 0], 2.0)
    assert np.all(np.diff(loss.step) > 0)


def test_a_newer_schema_is_skipped_with_a_note(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = EventWriter(tmp_path / "run1")
    writer.write(SeriesMetadata(metadata.WINDOWS, ("window",)), [[0.0, 10.0, 1.0]], step=10)
    monkeypatch.setattr(metadata, "SCHEMA_VERSION", 2)
    writer.write(SeriesMetadata(metadata.LOSS, ("loss",)), np.ones((1, 8)), step=10)
    writer.close()
    monkeypatch.undo()

    run = read("python loader", tmp_path)

    assert run.series == ()
    assert run.notes == (
        "stability/loss was skipped: written with version 2 of the event-file contract, and this "
        "package reads up to version 1: update tb_stability to see it.",
    )


def test_records_of_another_shape_are_skipped_with_a_note(tmp_path: pathlib.Path) -> None:
    for rows in (("a", "b"), ("a",)):
        writer = EventWriter(tmp_path / "run1")
        step = 10 if len(rows) == 2 else 20
        writer.write(SeriesMetadata(metadata.WINDOWS, ("window",)), [[0.0, 10.0, 1.0]], step=step)
        series = SeriesMetadata(metadata.GRADIENT_NORM, rows)
        writer.write(series, np.ones((len(rows), 8)), step=step)
        writer.close()

    run = read("python loader", tmp_path)

    assert [len(series) for series in run.series] == [1]
    assert run.notes == (
        "1 of 2 records of stability/gradient_norm were skipped: one has shape [1, 8] and type "
        "float32, its metadata promises floats of shape [2, 8], with counts that are numbers.",
    )


def test_a_run_without_windows_is_one_epoch(tmp_path: pathlib.Path) -> None:
    writer = EventWriter(tmp_path / "run1")
    for step in (10, 20):
        writer.write(SeriesMetadata(metadata.LOSS, ("loss",)), np.ones((1, 8)), step=step)
    writer.close()
    run = read("python loader", tmp_path)
    assert (run.epochs, run.steps) == (1, 20)
    assert run.notes[0].startswith("The run has no stability/windows")


def test_a_run_record_that_is_no_json_is_skipped_with_a_note(tmp_path: pathlib.Path) -> None:
    class Broken:
        def to_json(self) -> str:
            return "{"

    writer = EventWriter(tmp_path / "run1")
    writer.write_record(Broken(), 1)  # type: ignore[arg-type]
    writer.close()
    run = read("python loader", tmp_path)
    assert run.record is None
    assert run.notes[0].startswith("A run record at step 1 was skipped: Expecting property name")


def test_the_epochs_of_a_second_fit_are_counted_on(tmp_path: pathlib.Path) -> None:
    writer = EventWriter(tmp_path / "run1")
    for step, epoch in ((10, 0), (20, 1), (30, 0), (40, 1), (50, 0)):
        series = SeriesMetadata(metadata.WINDOWS, ("window",))
        writer.write(series, [[float(epoch), 10.0, 1.0]], step=step)
    writer.close()
    run = read("python loader", tmp_path)
    assert run.windows.epoch.tolist() == [0, 1, 2, 3, 4]


class TooLarge(grpc.RpcError):
    def __init__(self, code: grpc.StatusCode) -> None:
        self._code = code

    def code(self) -> grpc.StatusCode:
        return self._code


class Limited:
    """A data provider that cannot send all tags of a run at once, nor one of them at all."""

    def __init__(self, provider: DataProvider, code: grpc.StatusCode) -> None:
        self._provider = provider
        self._code = code
        self.list_tensors = provider.list_tensors
        self.list_scalars = provider.list_scalars

    def read_tensors(self, context: object, *, run_tag_filter: RunTagFilter, **arguments: object):
        tags = run_tag_filter.tags
        if len(tags) > 1 or tags == {"stability/gradient_norm"}:
            raise TooLarge(self._code)
        return self._provider.read_tensors(context, run_tag_filter=run_tag_filter, **arguments)


def test_what_the_data_server_cannot_send_is_named(tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.healthy(), tmp_path / "run1")
    with providers.open_provider("python loader", tmp_path) as provider:
        limited = Limited(provider, grpc.StatusCode.RESOURCE_EXHAUSTED)
        _, run = RunReader(limited).read("run1", experiment_id="")
    assert {series.quantity for series in run.series} == {"loss", "learning_rate", "epoch_logs"}
    assert run.notes == (
        "stability/gradient_norm is larger than TensorBoard's data server can send: start "
        "TensorBoard with --load_fast=false to see it.",
    )


def test_another_fault_of_the_data_server_is_not_hidden(tmp_path: pathlib.Path) -> None:
    synthetic.write(synthetic.healthy(), tmp_path / "run1")
    with providers.open_provider("python loader", tmp_path) as provider:
        limited = Limited(provider, grpc.StatusCode.UNAVAILABLE)
    with pytest.raises(TooLarge):
        RunReader(limited).read("run1", experiment_id="")

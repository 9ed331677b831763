"""Damaged runs through both of TensorBoard's loaders: what is read was written, no more."""

from __future__ import annotations

import os
import pathlib
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

from tb_stability import metadata, payload
from tb_stability.diagnosis import DiagnosedRun
from tb_stability.logdir import LogdirError, open_logdir
from tb_stability.metadata import SeriesMetadata
from tb_stability.onsets import find_onsets
from tb_stability.reader import RunReader
from tb_stability.series import RunSeries
from tb_stability.writer import EventWriter
from tests import providers, synthetic

LOSS = SeriesMetadata(metadata.LOSS, ("loss",))
WINDOW = SeriesMetadata(metadata.WINDOWS, ("window",))

Level = float


def write(log_dir: pathlib.Path, steps: list[tuple[int, Level]], clock: float = 1.0) -> EventWriter:
    """Writes a window of ten steps for each step, with a loss of that level."""
    writer = EventWriter(log_dir)
    for number, (step, level) in enumerate(steps):
        measured = (WINDOW, [[0.0, 10.0, 1.0]]), (LOSS, synthetic.per_step([level])[0])
        writer.write_window(step, measured, wall_time=1e9 + clock * number)
    writer.close()
    return writer


def damage_tensors(log_dir: pathlib.Path) -> None:
    """Writes good records, and between them some of wrong shape, type, step and content."""
    wrong = [
        (30, np.ones((2, 8), np.float32)),
        (40, np.ones((1, 8), np.int64)),
        (50, np.array([b"text"])),
        (60, np.full((1, 8), np.nan, np.float32)),  # counts that are no numbers
        (2**60, synthetic.per_step([3.0])[0]),
    ]
    writer = EventWriter(log_dir)
    writer.write(LOSS, synthetic.per_step([3.0])[0], step=-5)
    writer.close()
    writer = write(log_dir, [(10, 1.0), (20, 2.0)])
    with open(writer.path, "ab") as file:
        records = RecordWriter(file)
        for step, values in wrong:
            event = event_pb2.Event(step=step, wall_time=1e9 + 10)
            event.summary.value.add(tag=LOSS.tag, tensor=tensor_util.make_tensor_proto(values))
            records.write(event.SerializeToString())


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    logdir = tmp_path_factory.mktemp("logs")
    write(logdir / "two writers", [(10, 1.0), (20, 1.0), (30, 1.0)])
    write(logdir / "two writers", [(10, 2.0), (20, 2.0)])
    write(logdir / "backwards", [(30, 3.0), (10, 1.0), (20, 2.0)], clock=-1.0)
    write(logdir / "duplicates", [(10, 1.0), (10, 1.5), (20, 2.0)], clock=0.0)
    damage_tensors(logdir / "tensors")
    cut = pathlib.Path(write(logdir / "cut", [(10, 1.0), (20, 2.0)]).path)
    cut.write_bytes(cut.read_bytes()[:-7])
    flipped = pathlib.Path(write(logdir / "flipped", [(10, 1.0), (20, 2.0)]).path)
    content = bytearray(flipped.read_bytes())
    content[-40] ^= 255
    flipped.write_bytes(content)
    foreign = logdir / "foreign"
    write(foreign, [(10, 1.0)])
    for number, noise in enumerate((b"", b"\x00" * 100, b"#!/bin/sh\n" * 20, b"\xff" * 5000)):
        (foreign / f"events.out.tfevents.{number}.other").write_bytes(noise)
    (foreign / "notes.txt").write_text("events")
    return logdir


@pytest.fixture(scope="module", params=providers.KINDS)
def runs(request: pytest.FixtureRequest, logdir: pathlib.Path) -> Iterator[dict[str, RunSeries]]:
    with providers.open_provider(request.param, logdir) as provider:
        read = RunReader(provider).read_all(experiment_id="")
        yield {run.run: run for _, run in read}


def levels(run: RunSeries) -> dict[int, float]:
    loss = run.get(LOSS.tag)
    return (
        {}
        if loss is None
        else dict(zip(loss.step.tolist(), loss.statistic("mean")[:, 0].tolist(), strict=True))
    )


def test_what_is_read_was_written(runs: dict[str, RunSeries]) -> None:
    found = {name: levels(run) for name, run in runs.items()}
    # TensorBoard's data server takes a step that goes back for a training started again: what was
    # written of later steps before is void. Its Python loader leaves them to us.
    assert found.pop("backwards") in ({10: 1.0, 20: 2.0, 30: 3.0}, {10: 1.0, 20: 2.0})
    assert found.pop("two writers") in ({10: 2.0, 20: 2.0, 30: 1.0}, {10: 2.0, 20: 2.0})
    assert found == {
        "cut": {10: 1.0},
        "duplicates": {10: 1.5, 20: 2.0},
        "flipped": {10: 1.0},
        "foreign": {10: 1.0},
        "tensors": {10: 1.0, 20: 2.0},
    }


def test_what_was_skipped_is_named(runs: dict[str, RunSeries]) -> None:
    steps, tensors = runs["tensors"].notes
    assert steps.endswith(
        f"records of stability/loss were skipped: their steps are not from 0 to {2**53}."
    )
    assert tensors == (
        "4 of 6 records of stability/loss were skipped: one has shape [2, 8] and type float32, its "
        "metadata promises floats of shape [1, 8], with counts that are numbers."
    )


def test_steps_ascend_and_every_run_gets_an_answer(runs: dict[str, RunSeries]) -> None:
    for run in runs.values():
        assert np.all(np.diff(run.windows.last_step) > 0)
        diagnosed = DiagnosedRun(run, tuple(find_onsets(run)), "1")
        assert payload.run_detail(diagnosed)["onsets"] == []
        assert payload.run_summary(diagnosed)["steps"] == max(levels(run))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow no such name")
def test_a_name_that_is_not_utf8_is_read_where_tensorboard_reads_it(tmp_path: pathlib.Path) -> None:
    written = tmp_path / "run"
    write(written, [(10, 1.0)])
    written.rename(pathlib.Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9")))
    with providers.open_provider("data server", tmp_path) as provider:
        reader = RunReader(provider)
        (name,) = reader.list_runs(experiment_id="")
        assert name == "caf\N{REPLACEMENT CHARACTER}"
        assert levels(reader.read(name, experiment_id="")[1]) == {10: 1.0}
    with pytest.raises(
        LogdirError, match=r"the name .*caf\\(udc|x)e9' in it is not UTF-8, .* Rename"
    ):
        open_logdir(str(tmp_path))

import pathlib
import subprocess
import sys

import numpy as np
import pytest
from tensorboard.backend.event_processing import plugin_event_accumulator

from tb_stability.metadata import EPOCH_LOGS, GRADIENT_NORM, LOSS, SeriesMetadata
from tb_stability.record import RunRecord
from tb_stability.writer import EventWriter, SilentWriter
from tests.capture.recorded import event_files, events, read_records, read_series

LOSS_SERIES = SeriesMetadata(LOSS, rows=("loss",))
GRADIENTS = SeriesMetadata(GRADIENT_NORM, rows=("a", "b"))
VALUES = np.arange(8, dtype=np.float32).reshape(1, 8)


def test_a_writer_that_is_not_used_leaves_nothing(tmp_path):
    EventWriter(tmp_path / "run").close()
    assert list(tmp_path.iterdir()) == []


def test_a_silent_writer_checks_what_it_is_given_and_creates_nothing(tmp_path):
    writer = SilentWriter(tmp_path / "run")
    writer.open()
    writer.write_start(1)
    writer.write(LOSS_SERIES, VALUES, step=1)
    writer.write_record(RunRecord(), step=1)
    with pytest.raises(ValueError, match="was given values of shape"):
        writer.write(GRADIENTS, VALUES, step=1)
    writer.flush()
    writer.close()
    assert (writer.path, list(tmp_path.iterdir())) == ("", [])


def test_the_file_is_named_so_that_tensorboard_finds_it_and_no_other_writer_has_it(tmp_path):
    writers = [EventWriter(tmp_path / "run") for _ in range(2)]
    for writer in writers:
        writer.open()
    names = [pathlib.Path(writer.path).name for writer in writers]
    assert len(set(names)) == 2
    for name in names:
        assert name.startswith("events.out.tfevents.")
        assert name.endswith(".stability")
    first = next(iter(events(tmp_path / "run")))
    assert first.file_version == "brain.Event:2"


def test_metadata_come_with_a_tags_first_record_only(tmp_path):
    with_metadata = []
    writer = EventWriter(tmp_path)
    for step in (1, 2):
        writer.write(LOSS_SERIES, VALUES, step=step, wall_time=step + 0.5)
    writer.close()
    found = [event for event in events(tmp_path) if event.HasField("summary")]
    assert [(event.step, event.wall_time) for event in found] == [(1, 1.5), (2, 2.5)]
    with_metadata = [
        value.metadata.plugin_data.plugin_name for event in found for value in event.summary.value
    ]
    # The loader adds an empty data class to the second.
    assert with_metadata == ["stability", ""]


def test_a_window_is_one_event(tmp_path):
    writer = EventWriter(tmp_path)
    writer.write_window(7, [(LOSS_SERIES, VALUES), (GRADIENTS, np.zeros((2, 8)))])
    writer.write_window(8, [])
    writer.close()
    (event,) = [event for event in events(tmp_path) if event.HasField("summary")]
    assert event.step == 7
    assert [v.tag for v in event.summary.value] == ["stability/loss", "stability/gradient_norm"]


def test_nan_and_infinity_are_written_as_they_are(tmp_path):
    values = np.array([[np.nan, np.inf, -np.inf, 0, 1, 2, 3, 4]], np.float32)
    writer = EventWriter(tmp_path)
    writer.write(LOSS_SERIES, values, step=1)
    writer.close()
    np.testing.assert_array_equal(read_series(tmp_path)["stability/loss"].values[0], values)


def test_what_is_flushed_can_be_read_while_the_file_is_open(tmp_path):
    writer = EventWriter(tmp_path)
    writer.write(LOSS_SERIES, VALUES, step=1)
    writer.flush()
    assert read_series(tmp_path)["stability/loss"].steps == [1]
    writer.close()


def test_a_closed_writer_goes_on_in_a_new_file_with_metadata(tmp_path):
    writer = EventWriter(tmp_path)
    for step in (1, 2):
        writer.write(LOSS_SERIES, VALUES, step=step)
        writer.close()
    assert len(event_files(tmp_path)) == 2
    assert sum(v.metadata.plugin_data.plugin_name == "stability" for v in values(tmp_path)) == 2


def values(log_dir):
    return [value for event in events(log_dir) for value in event.summary.value]


def test_the_run_record_comes_back(tmp_path):
    record = RunRecord(status="finished", model="mödel", learning_rate=0.1)
    writer = EventWriter(tmp_path)
    writer.write_record(record, step=3)
    writer.close()
    assert read_records(tmp_path) == [record]


def test_a_restart_replaces_what_older_files_say_of_later_steps(tmp_path):
    for first_step, last_step in ((1, 4), (3, 3)):
        writer = EventWriter(tmp_path)
        writer.write_start(first_step)
        for step in range(first_step, last_step + 1):
            writer.write(LOSS_SERIES, VALUES * first_step, step=step)
        writer.close()
    accumulator = plugin_event_accumulator.EventAccumulator(
        str(tmp_path), tensor_size_guidance={"stability": 0}
    )
    accumulator.Reload()
    found = {event.step: event.tensor_proto for event in accumulator.Tensors("stability/loss")}
    assert sorted(found) == [1, 2, 3]


@pytest.mark.parametrize("shape", [(8,), (2, 8), (1, 7)])
def test_a_wrong_shape_is_refused_and_writes_nothing(tmp_path, shape):
    writer = EventWriter(tmp_path)
    with pytest.raises(ValueError, match="stability/loss") as caught:
        writer.write_window(1, [(LOSS_SERIES, VALUES), (LOSS_SERIES, np.zeros(shape))])
    assert str(caught.value) == (
        f"stability/loss was given values of shape {list(shape)}, but has 1 rows and 8 "
        "statistics: give shape [1, 8]"
    )
    assert event_files(tmp_path) == []


def test_other_rows_under_a_tag_already_written_are_refused(tmp_path):
    writer = EventWriter(tmp_path)
    writer.write(GRADIENTS, np.zeros((2, 8)), step=1)
    with pytest.raises(ValueError, match=r"was written with the rows \('a', 'b'\) before, and now"):
        writer.write(SeriesMetadata(GRADIENT_NORM, rows=("a",)), np.zeros((1, 8)), step=2)


@pytest.mark.parametrize("below", ["", "run"])
def test_a_log_dir_that_cannot_be_made_is_named_with_the_remedy(tmp_path, below):
    file = tmp_path / "file"
    file.write_text("")
    log_dir = str(file / below) if below else str(file)
    with pytest.raises(OSError, match="cannot write event files") as caught:
        EventWriter(log_dir).open()
    assert str(caught.value).startswith(
        f"cannot write event files to the log_dir {log_dir!r}: give a directory that exists or can "
        "be created, and that this process may write to ("
    )


def test_importing_the_writer_imports_neither_tensorflow_nor_keras():
    code = (
        "import sys, tb_stability.writer;"
        "sys.exit(str([m for m in sys.modules if m.split('.')[0] in ('tensorflow', 'keras')]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=pathlib.Path.cwd()
    )
    assert result.stderr.strip() == "[]"


def test_one_tag_per_epoch_log(tmp_path):
    series = SeriesMetadata(EPOCH_LOGS, rows=("val_loss",), row_group="val_loss")
    writer = EventWriter(tmp_path)
    writer.write(series, [[0.5]], step=10)
    writer.close()
    found = read_series(tmp_path)["stability/epoch_logs/val_loss"]
    assert (found.rows, found.statistics) == (("val_loss",), ("value",))

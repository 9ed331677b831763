"""Event files that are truncated, damaged or foreign: no crash, and no invented value."""

from __future__ import annotations

import pathlib
import tempfile

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util import tensor_util

from tb_stability import metadata, payload
from tb_stability.columns import merge_columns
from tb_stability.diagnosis import Diagnosis
from tb_stability.metadata import Quantity, SeriesMetadata
from tb_stability.reader import RunReader
from tb_stability.writer import EventWriter
from tests import providers, synthetic

GOLDEN = next((pathlib.Path(__file__).parent / "golden" / "v1").iterdir())

NAMES = st.sampled_from(["a", "b", "<b>", "", "x" * 10_000, "ü/..", "count"])
STATISTICS = st.sampled_from(
    [metadata.PER_STEP, metadata.VALUE, metadata.WINDOW, (), ("mean",), ("count", "mean")]
)
QUANTITIES = st.sampled_from(
    ["windows", "loss", "gradient_norm", "learning_rate", "epoch_logs", "run_record", "<new>"]
)
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 5.0, 1e30, np.nan, np.inf, -np.inf])
STEPS = st.one_of(st.integers(-5, 100), st.sampled_from([2**31, 2**60, -(2**60)]))


def answer_everything(content: bytes) -> dict[str, payload.Json]:
    """Asks all that the page asks, of a logdir with one event file; returns the runs."""
    with tempfile.TemporaryDirectory() as logdir:
        path = pathlib.Path(logdir) / "events.out.tfevents.1767225600.test"
        path.write_bytes(content)
        with providers.open_provider("python loader", path.parent) as provider:
            diagnosis = Diagnosis(RunReader(provider))
            runs = {run.series.run: run for run in diagnosis.all_runs(experiment_id="")}
    for run in runs.values():
        payload.run_summary(run)
        payload.run_detail(run)
        for series in run.series.series:
            for columns in (3, 1000):
                merged = merge_columns(series, run.series.windows, columns=columns)
                payload.series_values(run.series.run, series, run.revision, merged)
    return {name: payload.run_detail(run) for name, run in runs.items()}


def test_a_file_that_ends_anywhere_holds_what_was_whole() -> None:
    content = GOLDEN.read_bytes()
    whole = [onset["step"] for onset in answer_everything(content)["."]["onsets"]]
    steps = [
        answer_everything(content[:size]).get(".", {"steps": 0})["steps"]
        for size in range(0, len(content), 101)
    ]
    assert steps == sorted(steps)
    assert steps[-1] in (170, 180)
    longer = answer_everything(content + b"\x07\x00\x00")["."]
    assert [onset["step"] for onset in longer["onsets"]] == whole


def small_file() -> bytes:
    """Three windows of a loss: the smallest file with something to lose."""
    with tempfile.TemporaryDirectory() as log_dir:
        writer = EventWriter(log_dir)
        for step in (10, 20, 30):
            window = (SeriesMetadata(metadata.WINDOWS, ("window",)), [[0.0, 10.0, 1.0]])
            loss = (SeriesMetadata(metadata.LOSS, ("loss",)), synthetic.per_step([1.0])[0])
            writer.write_window(step, [window, loss])
        writer.close()
        return pathlib.Path(writer.path).read_bytes()


def test_a_small_file_that_ends_at_any_byte_holds_what_was_whole() -> None:
    content = small_file()
    ends = [
        answer_everything(content[:size]).get(".", {"steps": 0})["steps"]
        for size in range(len(content) + 1)
    ]
    assert ends == sorted(ends)
    assert set(ends) == {0, 10, 20, 30}


@given(st.lists(st.tuples(st.integers(0, 8 * len(GOLDEN.read_bytes()) - 1)), max_size=5))
@settings(max_examples=100, deadline=None)
def test_flipped_bits_invent_nothing(bits: list[tuple[int]]) -> None:
    content = bytearray(GOLDEN.read_bytes())
    for (bit,) in bits:
        content[bit // 8] ^= 1 << bit % 8
    run = answer_everything(bytes(content)).get(".")
    assert run is None or run["steps"] <= 180


@st.composite
def summaries(draw: st.DrawFn) -> bytes:
    """A record whose tag, metadata and tensor fit each other or not."""
    rows = tuple(draw(st.lists(NAMES, max_size=3)))
    quantity = Quantity(draw(QUANTITIES), "title", "", "row", draw(STATISTICS))
    series = SeriesMetadata(quantity, rows, draw(NAMES))
    fitting = (len(rows), len(quantity.statistics))
    shape = draw(st.sampled_from([fitting, fitting, fitting, (), (3,), (2, 3, 4), (0, 0)]))
    size = int(np.prod(shape))
    numbers = draw(st.lists(NUMBERS, min_size=size, max_size=size))
    tensor = np.array(numbers, draw(st.sampled_from([np.float32, np.float64]))).reshape(shape)
    if draw(st.integers(0, 9)) == 0:
        tensor = np.array(b"{}")
    value = summary_pb2.Summary.Value(
        tag=series.tag,
        metadata=metadata.create_summary_metadata(series),
        tensor=tensor_util.make_tensor_proto(tensor),
    )
    wall_time = draw(st.sampled_from([1.0, 5.0, -1.0, np.nan, np.inf]))
    event = event_pb2.Event(step=draw(STEPS), wall_time=wall_time)
    event.summary.value.append(value)
    return event.SerializeToString()


SCALAR_TAGS = st.sampled_from(
    [
        "loss",
        "epoch_loss",
        "val_loss",
        "Loss/train",
        "lr",
        "train/grad_norm",
        "epoch",
        "train/epoch",
    ]
)


@st.composite
def scalars(draw: st.DrawFn) -> bytes:
    """A scalar as a standard logger writes it, but for step, clock, value and shape."""
    value = draw(NUMBERS)
    tensor = draw(st.sampled_from([value, [value], [value, value], [], b"text"]))
    written = summary_pb2.Summary.Value(tag=draw(SCALAR_TAGS))
    if draw(st.booleans()):
        written.simple_value = value
    else:
        written.metadata.plugin_data.plugin_name = "scalars"
        written.metadata.data_class = summary_pb2.DATA_CLASS_SCALAR
        dtype = None if isinstance(tensor, bytes) else np.float64
        written.tensor.CopyFrom(tensor_util.make_tensor_proto(np.array(tensor, dtype)))
        if draw(st.integers(0, 4)) == 0:
            written.tensor.tensor_shape.dim.add(size=3)
    wall_time = draw(st.sampled_from([1.0, 5.0, -1.0, np.nan, np.inf]))
    event = event_pb2.Event(step=draw(STEPS), wall_time=wall_time)
    event.summary.value.append(written)
    return event.SerializeToString()


@given(st.lists(st.one_of(scalars(), summaries()), max_size=20))
@settings(max_examples=300, deadline=None)
def test_any_scalars_get_an_answer(records: list[bytes]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        writer = RecordWriter(file)
        for record in records:
            writer.write(record)
        writer.flush()
        answer_everything(pathlib.Path(file.name).read_bytes())


def test_a_scalar_that_contradicts_itself_is_named() -> None:
    event = event_pb2.Event(step=1, wall_time=1.0)
    for tag, content in (("loss", 1.0), ("val_loss", [1.0, 2.0]), ("lr", b"<b>fast</b>")):
        written = event.summary.value.add(tag=tag)
        written.metadata.plugin_data.plugin_name = "scalars"
        written.metadata.data_class = summary_pb2.DATA_CLASS_SCALAR
        written.tensor.CopyFrom(tensor_util.make_tensor_proto(np.array(content)))
    with tempfile.NamedTemporaryFile() as file:
        writer = RecordWriter(file)
        writer.write(event.SerializeToString())
        writer.flush()
        run = answer_everything(pathlib.Path(file.name).read_bytes())["."]
    assert [series["tag"] for series in run["series"]] == ["stability/epoch_logs/loss"]
    text, shape = run["notes"][-2:]
    assert text == "1 of 1 values of lr were skipped: one is \"b'<b>fast</b>'\", no number."
    assert shape.startswith("val_loss was skipped: a record of it is damaged (")


def test_two_writers_in_one_run_are_told_of(tmp_path: pathlib.Path) -> None:
    for level in (1.0, 2.0):
        synthetic.write(synthetic.run(np.full(6, level)), tmp_path)
    with providers.open_provider("python loader", tmp_path) as provider:
        _, run = RunReader(provider).read(".", experiment_id="")
    (loss,) = run.series
    assert loss.step.tolist() == [10, 20, 30, 40, 50, 60]
    assert set(loss.statistic("mean")[:, 0]) == {2.0}
    assert run.notes == (
        "6 of 6 windows were recorded more than once, by two writers or by a training that was "
        "started again: the last record counts.",
    )


def test_steps_and_clocks_that_go_backwards_are_put_in_order(tmp_path: pathlib.Path) -> None:
    writer = EventWriter(tmp_path)
    for clock, step in enumerate((30, 10, 20)):
        values = [[0.0, 10.0, 1.0]]
        writer.write(
            SeriesMetadata(metadata.WINDOWS, ("window",)), values, step=step, wall_time=9.0 - clock
        )
        per_step = synthetic.per_step([step / 10])[0]
        writer.write(SeriesMetadata(metadata.LOSS, ("loss",)), per_step, step=step)
    writer.close()
    with providers.open_provider("python loader", tmp_path) as provider:
        _, run = RunReader(provider).read(".", experiment_id="")
    (loss,) = run.series
    assert loss.step.tolist() == run.windows.last_step.tolist() == [10, 20, 30]
    assert loss.statistic("mean")[:, 0].tolist() == [1.0, 2.0, 3.0]
    assert run.notes == ()


@given(st.lists(summaries(), max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_records_get_an_answer(records: list[bytes]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        writer = RecordWriter(file)
        for record in records:
            writer.write(record)
        writer.flush()
        answer_everything(pathlib.Path(file.name).read_bytes())

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
from tests import providers

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


@given(st.lists(summaries(), max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_records_get_an_answer(records: list[bytes]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        writer = RecordWriter(file)
        for record in records:
            writer.write(record)
        writer.flush()
        answer_everything(pathlib.Path(file.name).read_bytes())

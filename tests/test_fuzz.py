"""Anything at all for record, metadata, tensors and thresholds: 950 cases.

`test_damaged_files` does the same with whole event files, `test_requests` with the routes.
"""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.backend import json_util
from tensorboard.compat.proto import tensor_pb2
from tensorboard.data import provider as tb_provider

from tb_stability import metadata, payload
from tb_stability.assemble import assemble_run
from tb_stability.diagnosis import DiagnosedRun
from tb_stability.metadata import MetadataError, SeriesMetadata
from tb_stability.onsets import Thresholds, find_onsets
from tb_stability.onsets.thresholds import ThresholdError
from tb_stability.record import RunRecord
from tb_stability.records import Records
from tests import synthetic

EXPLODING = synthetic.exploding()
RECORD = json.loads(synthetic.run_record().to_json())
RECORD["outputs"] = [{"name": "dense", "activation": "softmax", "loss": "categorical_crossentropy"}]

HOSTILE = st.sampled_from(
    ["", "<script>", "</script>", "a\nb", "\x1b[2J", "\u202e", "..", "x" * 10_000, "\ud800", "NaN"]
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([2**53, -(2**70), 10**400]),
    st.floats(),
    st.text(max_size=5),
    HOSTILE,
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def answer(run: Any) -> str:
    """Returns the JSON of a run, as the route gives it."""
    diagnosed = DiagnosedRun(run, tuple(find_onsets(run)), "1")
    payload.run_summary(diagnosed)
    return json.dumps(json_util.Cleanse(payload.run_detail(diagnosed)), allow_nan=False)


@st.composite
def records(draw: st.DrawFn) -> str:
    """A run record of which some fields are something else."""
    record = json.loads(json.dumps(RECORD))
    for name in draw(st.lists(st.sampled_from(sorted(RECORD)), max_size=3)):
        record[name] = draw(VALUES)
    for items in ("layers", "outputs"):
        if isinstance(record[items], list) and draw(st.booleans()):
            fields = st.dictionaries(
                st.sampled_from(["name", "activation", "loss", "from_logits", "parameters"]), VALUES
            )
            record[items] = [*record[items], draw(st.one_of(fields, VALUES))]
    return json.dumps(record)


@given(records())
@settings(max_examples=300, deadline=None)
def test_any_run_record_gets_an_answer(text: str) -> None:
    try:
        record = RunRecord.from_json(text)
    except (ValueError, TypeError) as error:
        assert 0 < len(str(error)) < 300  # noqa: PT017 - there need not be one
        return
    answer(dataclasses.replace(EXPLODING, record=record))


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 5000, "\ud800", "{"])
def test_a_text_that_is_no_record_is_refused(text: str) -> None:
    with pytest.raises((ValueError, TypeError)):
        RunRecord.from_json(text)


VALID = [
    metadata.create_summary_metadata(item.metadata).plugin_data.content for item in EXPLODING.series
]


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """Metadata with some bytes replaced, put in or left out; or none at all."""
    content = bytearray(draw(st.sampled_from([*VALID, b""])))
    for position in draw(st.lists(st.integers(0, 300), max_size=4)):
        at = position % (len(content) + 1)
        content[at : at + draw(st.integers(0, 3))] = draw(st.binary(max_size=3))
    return bytes(content)


@given(st.one_of(st.binary(max_size=60), contents()), st.text(max_size=5))
@settings(max_examples=300, deadline=None)
def test_any_metadata_are_understood_or_refused(content: bytes, text: str) -> None:
    try:
        series = metadata.parse_plugin_metadata(content, text, text)
    except MetadataError as error:
        assert 0 < len(str(error)) < 300  # noqa: PT017
        return
    assert isinstance(series, SeriesMetadata)
    listed = tb_provider.TensorTimeSeries(
        max_step=10, max_wall_time=1.0, plugin_content=content, description=text, display_name=text
    )
    shape = (len(series.rows), len(series.quantity.statistics))
    data = [tb_provider.TensorDatum(10, 1.0, np.ones(shape, np.float32))]
    answer(assemble_run("run", {series.tag: listed}, {series.tag: Records.from_data(data)}))


NUMBERS = st.sampled_from(
    [0, -1, 1, 3, 2**31, 2**63, 10**400, 0.0, 0.5, 1e-300, 1e308, -1e308, np.nan, np.inf, -np.inf]
)
NAMES = [item["name"] for item in Thresholds.describe()]


@given(st.dictionaries(st.sampled_from(NAMES), NUMBERS, max_size=4))
@settings(max_examples=200, deadline=None)
def test_any_thresholds_are_obeyed_or_refused(values: dict[str, float]) -> None:
    try:
        thresholds = Thresholds.from_mapping(values)
    except ThresholdError as error:
        assert str(error).startswith("The threshold ")  # noqa: PT017
        return
    find_onsets(EXPLODING, thresholds)


TENSORS = st.builds(
    lambda dtype, sizes, content, unknown: tensor_pb2.TensorProto(
        dtype=dtype,
        tensor_shape={"dim": [{"size": size} for size in sizes], "unknown_rank": unknown},
        tensor_content=content,
    ),
    st.integers(0, 30),
    st.lists(st.sampled_from([-1, 0, 1, 3, 8, 2**31, 2**62]), max_size=3),
    st.binary(max_size=96),
    st.booleans(),
)


@given(TENSORS)
@settings(max_examples=150, deadline=None)
def test_any_tensor_is_read_or_named(tensor: tensor_pb2.TensorProto) -> None:
    from tensorboard.util import tensor_util

    from tb_stability.portions import read_in_portions

    def fetch(runs: Any, tags: Any) -> Any:
        # What TensorBoard's Python loader does with a record when it is asked for it.
        return {"run": {"tag": [tb_provider.TensorDatum(1, 1.0, tensor_util.make_ndarray(tensor))]}}

    found = read_in_portions(fetch, {"run": ["tag"]})["run"]
    if found.notes:
        assert found.notes[0].startswith("tag was skipped: a record of it is damaged (")
    else:
        assert len(found.tags["tag"]) == 1

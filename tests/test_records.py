"""Records as arrays: none is lost or taken for another, whatever a file holds."""

from __future__ import annotations

import numpy as np
import pytest
from tensorboard.data.provider import TensorDatum

from tb_stability.records import NO_RECORDS, Records

ONE = np.array([[1.0, 2.0]], np.float32)
DOUBLE = np.array([[3.0, 4.0]])
OTHER_SHAPE = np.array([5.0], np.float32)
WHOLE = np.array([[6, 7]])


def records_of(*tensors: np.ndarray) -> Records:
    return Records.from_data(
        [TensorDatum(step=10 * i, wall_time=0.5 + i, numpy=item) for i, item in enumerate(tensors)]
    )


def test_alike_they_are_one_array() -> None:
    records = records_of(ONE, ONE + 1)
    assert isinstance(records.tensors, np.ndarray)
    assert records.tensors.tolist() == [[[1.0, 2.0]], [[2.0, 3.0]]]
    assert (records.step.tolist(), records.wall_time.tolist()) == ([0, 10], [0.5, 1.5])
    assert records.stacked((1, 2)) is records.tensors


@pytest.mark.parametrize("other", [DOUBLE, OTHER_SHAPE, WHOLE, np.array("text", object)])
def test_otherwise_each_stays_as_it_is(other: np.ndarray) -> None:
    records = records_of(ONE, other)
    assert isinstance(records.tensors, list)
    assert records.tensors[1] is other


def test_floats_of_a_shape_fit_it() -> None:
    records = records_of(ONE, OTHER_SHAPE, WHOLE, DOUBLE)
    assert records.fits((1, 2)).tolist() == [True, False, False, True]
    assert records.fits((1,)).tolist() == [False, True, False, False]
    assert records_of(ONE, ONE).fits((1, 2)).tolist() == [True, True]
    assert records_of(ONE, ONE).fits((2, 1)).tolist() == [False, False]


def test_some_of_them_keep_their_steps_and_times() -> None:
    for first in (ONE, OTHER_SHAPE):
        records = records_of(first, DOUBLE.astype(first.dtype), ONE).at(np.array([2, 1]))
        assert (records.step.tolist(), records.wall_time.tolist()) == ([20, 10], [2.5, 1.5])
        values = records.stacked((1, 2))
        assert values.dtype == np.float32
        assert values.tolist() == [[[1.0, 2.0]], [[3.0, 4.0]]]


def test_none_that_fit_are_an_array_without_any() -> None:
    none = records_of(ONE, ONE).at(np.zeros(0, int))
    for records in (none, NO_RECORDS, records_of()):
        assert len(records) == 0
        assert records.stacked((3, 4)).shape == (0, 3, 4)


def test_steps_without_tensors_are_refused() -> None:
    with pytest.raises(
        ValueError,
        match=r"as many steps as wall times .* Received: 2 steps, 1 wall times, 0 tensors",
    ):
        Records(np.zeros(2, np.int64), np.zeros(1), [])

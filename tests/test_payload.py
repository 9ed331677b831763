"""How values travel."""

from __future__ import annotations

import base64
import dataclasses

import numpy as np
import pytest

from tb_stability import payload
from tb_stability.columns import merge_columns
from tests import synthetic


def sent(values: list[list[float]]) -> list[float]:
    """Returns the float32 that an answer holds of the statistic `mean`, rows x columns."""
    run = synthetic.exploding()
    (series,) = run.of_quantity("gradient_norm", ("mean",))
    columns = merge_columns(series, run.windows, columns=2)
    columns = dataclasses.replace(columns, statistics={"mean": np.array(values, np.float32)})
    answer = payload.series_values("run", series, "1", columns)
    return np.frombuffer(base64.b64decode(answer["statistics"]["mean"]), "<f4").tolist()


def test_values_travel_row_by_row() -> None:
    assert sent([[1.0, 2.0], [3.0, 4.0]]) == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("value", [0.0, 100.0, np.inf, np.nan])
def test_one_value_stands_for_all_where_all_are_the_same(value: float) -> None:
    np.testing.assert_array_equal(sent([[value, value], [value, value]]), [value])


def test_zeros_of_both_signs_are_not_the_same() -> None:
    assert len(sent([[0.0, -0.0]])) == 2


def test_nothing_is_sent_of_no_values() -> None:
    assert sent([[]]) == []

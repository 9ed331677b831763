"""The promises of `detectors.detector`, checked for every detector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tb_stability import detectors
from tb_stability.detectors import (
    Alternation,
    Departure,
    Detector,
    Elevated,
    Excursion,
    NonFinite,
    Restless,
)

ALL: list[Detector] = [
    Alternation(),
    Alternation(points=1),
    Excursion(),
    Excursion(patience=1, warmup=1),
    Departure(),
    Departure(until=3),
    Elevated(5.0),
    Elevated(5.0, patience=3),
    NonFinite(),
    Restless(),
    Restless(points=1, swing=0.0),
]

SERIES = hnp.arrays(
    np.float64,
    st.integers(0, 40),
    elements=st.one_of(
        st.floats(-10, 10), st.floats(allow_nan=True, allow_infinity=True), st.just(0.0)
    ),
)


def test_every_detector_is_under_contract() -> None:
    classes = {name for name in detectors.__all__ if hasattr(getattr(detectors, name), "detect")}
    assert classes - {"Detector"} == {type(detector).__name__ for detector in ALL}


@pytest.mark.parametrize("detector", ALL, ids=repr)
@given(values=SERIES)
@settings(max_examples=150, deadline=None)
def test_contract(detector: Detector, values: np.ndarray) -> None:
    before = values.copy()

    found = detector.detect(values)

    np.testing.assert_array_equal(values, before)
    assert [repr(item) for item in found] == [repr(item) for item in detector.detect(values)]
    after_last = 0
    for detection in found:
        end = len(values) if detection.end is None else detection.end
        assert after_last <= detection.start <= detection.certain < end <= len(values)
        after_last = end


@pytest.mark.parametrize("detector", ALL, ids=repr)
@given(values=SERIES, gaps=st.lists(st.integers(0, 40), max_size=5))
@settings(max_examples=50, deadline=None)
def test_gaps_move_the_detections_and_change_nothing_else(
    detector: Detector, values: np.ndarray, gaps: list[int]
) -> None:
    if isinstance(detector, Departure):
        return  # it looks at the last two points, known or not
    values = values[np.isfinite(values)]
    at = [min(gap, max(len(values) - 1, 0)) for gap in gaps if len(values)]
    known = np.flatnonzero(~np.isnan(np.insert(values, at, np.nan)))

    plain = detector.detect(values)
    with_gaps = detector.detect(np.insert(values, at, np.nan))

    assert [(item.start, item.certain) for item in with_gaps] == [
        (known[item.start], known[item.certain]) for item in plain
    ]
    np.testing.assert_array_equal(
        [(item.value, item.threshold, item.baseline, item.spread) for item in with_gaps],
        [(item.value, item.threshold, item.baseline, item.spread) for item in plain],
    )


@pytest.mark.parametrize("detector", [Excursion(), Excursion(patience=1)], ids=repr)
@pytest.mark.parametrize("height", [3.0, 1e3, 1e9])
def test_what_is_judged_abnormal_moves_no_baseline(detector: Excursion, height: float) -> None:
    rng = np.random.default_rng(0)
    values = 1.0 + 0.02 * rng.standard_normal(80)
    values[30:45] += height
    values[65:] += height
    _, later = detector.detect(values)
    healthy = np.delete(values, slice(30, 45))
    (alone,) = detector.detect(healthy)
    assert later.baseline == pytest.approx(alone.baseline, rel=1e-3)
    assert later.threshold == pytest.approx(alone.threshold, rel=1e-2)


@pytest.mark.parametrize("detector", ALL, ids=repr)
@pytest.mark.parametrize("fill", [0.0, 1.0, -1.0, np.nan])
@pytest.mark.parametrize("points", [0, 1, 2, 50])
def test_a_constant_holds_no_onset_unless_it_counts_non_finite_values(
    detector: Detector, fill: float, points: int
) -> None:
    counts_of_one = isinstance(detector, NonFinite) and fill == 1.0 and points > 0
    assert len(detector.detect(np.full(points, fill))) == int(counts_of_one)

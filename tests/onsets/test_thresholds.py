from __future__ import annotations

import pytest

from tb_stability.onsets import ThresholdError, Thresholds


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ThresholdError, match=r"There is no threshold 'spread'.*spreads, loss_give"):
        Thresholds.from_mapping({"spread": 3})


@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "6", True, None])
def test_an_impossible_value_is_named(value: object) -> None:
    with pytest.raises(ThresholdError, match=r"The threshold spreads is .*expected a number of"):
        Thresholds.from_mapping({"spreads": value})


def test_counts_are_integers() -> None:
    with pytest.raises(ThresholdError, match=r"spikes is 2.5; expected an integer of at least 1"):
        Thresholds.from_mapping({"spikes": 2.5})

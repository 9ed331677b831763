from __future__ import annotations

import dataclasses
import re

import pytest

from tb_stability.onsets import ThresholdError, Thresholds

DESCRIBED = {item["name"]: item for item in Thresholds.describe()}
FIELDS = [field.name for field in dataclasses.fields(Thresholds)]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ThresholdError, match=r"There is no threshold 'spread'.*spreads, loss_give"):
        Thresholds.from_mapping({"spread": 3})


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [-1.0, float("nan"), float("inf"), "6", True, None])
def test_an_impossible_value_is_named(name: str, value: object) -> None:
    least = DESCRIBED[name]["least"]
    kind = "an integer" if DESCRIBED[name]["integer"] else "a number"
    with pytest.raises(ThresholdError) as raised:
        Thresholds.from_mapping({name: value})
    assert str(raised.value) == (
        f"The threshold {name} is {value!r}; expected {kind} of at least {least}, and at most "
        "1e+12."
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [(10**13, "beyond 1e+12"), (-(10**5000), "beyond -1e+12"), ("x" * 99, f"'{'x' * 38}…")],
    ids=["large", "5000 digits", "text"],
)
def test_a_value_without_bounds_is_told_in_short(value: object, told: str) -> None:
    with pytest.raises(ThresholdError, match=re.escape(f"spikes is {told}; expected")):
        Thresholds.from_mapping({"spikes": value})


@pytest.mark.parametrize("name", FIELDS)
def test_the_least_value_is_allowed_and_less_is_not(name: str) -> None:
    least = DESCRIBED[name]["least"]
    assert getattr(Thresholds.from_mapping({name: least}), name) == least
    with pytest.raises(ThresholdError, match=f"expected .* of at least {least}"):
        Thresholds.from_mapping({name: least - 1})


def test_counts_are_integers() -> None:
    with pytest.raises(ThresholdError, match=r"spikes is 2.5; expected an integer of at least 1"):
        Thresholds.from_mapping({"spikes": 2.5})


@pytest.mark.parametrize("name", FIELDS)
def test_every_threshold_says_its_default_and_where_it_comes_from(name: str) -> None:
    described = DESCRIBED[name]
    assert described["default"] == getattr(Thresholds(), name)
    after = described["description"].partition("Default ")[2]
    assert after.startswith(f"{described['default']:g}")
    assert len(after) > len(f"{described['default']:g}") + 1, "no reason is given"

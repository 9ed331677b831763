from __future__ import annotations

import argparse
import importlib.metadata

import pytest
from tensorboard.plugins import base_plugin

from tb_stability.loader import StabilityLoader


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"stability": 0}),
        ({"images": 5}, {"images": 5, "stability": 0}),
        ({"stability": 50}, {"stability": 50}),
        (None, {"stability": 0}),
    ],
)
def test_every_window_is_kept_unless_the_user_says_otherwise(
    given: dict[str, int] | None, expected: dict[str, int]
) -> None:
    flags = argparse.Namespace(samples_per_plugin=given)
    StabilityLoader().fix_flags(flags)
    assert flags.samples_per_plugin == expected


def test_without_a_data_provider_there_is_no_plugin() -> None:
    assert StabilityLoader().load(base_plugin.TBContext()) is None


def test_tensorboard_finds_the_loader() -> None:
    points = importlib.metadata.entry_points(group="tensorboard_plugins")
    assert [point.load() for point in points if point.name == "stability"] == [StabilityLoader]

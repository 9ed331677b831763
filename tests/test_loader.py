from __future__ import annotations

import argparse
import importlib.metadata
import os
import pathlib
import sys

import pytest
from tensorboard.plugins import base_plugin

from tb_stability.loader import StabilityLoader
from tests.browser.tensorboards import tensorboard

GIVES_BACK = {
    "MALLOC_TRIM_THRESHOLD_": "131072",
    "MALLOC_ARENA_MAX": str(max(os.cpu_count() or 1, 2)),
}


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
    given: dict[str, int] | None, expected: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GIVES_BACK:
        monkeypatch.setenv(name, "1")
    flags = argparse.Namespace(samples_per_plugin=given)
    StabilityLoader().fix_flags(flags)
    assert flags.samples_per_plugin == expected


def test_without_a_data_provider_there_is_no_plugin() -> None:
    assert StabilityLoader().load(base_plugin.TBContext()) is None


def test_tensorboard_finds_the_loader() -> None:
    points = importlib.metadata.entry_points(group="tensorboard_plugins")
    assert [point.load() for point in points if point.name == "stability"] == [StabilityLoader]


@pytest.mark.parametrize("given", [False, True])
def test_the_data_server_is_told_to_give_memory_back_unless_the_user_told_it_otherwise(
    given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GIVES_BACK:
        monkeypatch.setenv(name, "65536")
        if not given:
            monkeypatch.delenv(name)
    before = dict(os.environ)
    loader = StabilityLoader()
    loader.fix_flags(argparse.Namespace())
    expected = dict.fromkeys(GIVES_BACK, "65536") if given else GIVES_BACK
    assert {name: os.environ[name] for name in GIVES_BACK} == expected
    # Whatever else a notebook starts later is not meant.
    loader.load(base_plugin.TBContext())
    assert dict(os.environ) == before


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_data_server_is_started_after_it_is_told(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GIVES_BACK:
        monkeypatch.delenv(name, raising=False)
    with tensorboard(tmp_path, "--load_fast=true", listed=False):
        environment = _environment_of_server(tmp_path)
    assert {f"{name}={value}".encode() for name, value in GIVES_BACK.items()} <= set(environment)


def _environment_of_server(logdir: pathlib.Path) -> list[bytes]:
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes()
            if b"--port-file" in command and str(logdir).encode() in command:
                return (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
    raise AssertionError(f"no data server of {logdir} is running")

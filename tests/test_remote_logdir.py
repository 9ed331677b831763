"""Logdirs on a file system that only fsspec knows; in a process of its own, without TensorFlow."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("fsspec")

ROOT = pathlib.Path(__file__).parents[1]

SCRIPT = """
import pathlib, sys, types
sys.modules["tensorboard.compat.notf"] = types.ModuleType("tensorboard.compat.notf")
import fsspec
from tb_stability.cli import main
from tests import synthetic

store = fsspec.filesystem("memory")
(golden,) = pathlib.Path("tests/golden/v1").iterdir()
store.makedirs("/logs/run1")
store.pipe("/logs/run1/" + golden.name, golden.read_bytes())
store.makedirs("/empty")
store.pipe("/file", b"x")
synthetic.write(synthetic.healthy(), "memory://written")
status = main(sys.argv[1:])
if "--output" in sys.argv:
    print(pathlib.Path(sys.argv[-1]).read_text())
sys.exit(status)
"""


def run(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], cwd=ROOT, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def check(path: str) -> tuple[int, str]:
    return run("check", path)


def test_a_remote_logdir_is_reported(tmp_path: pathlib.Path) -> None:
    status, printed = run("report", "memory://logs", "--output", str(tmp_path / "report.md"))
    assert status == 0
    assert "| `run1` | unstable | 9 | 180 |" in printed


def test_what_was_written_to_a_remote_logdir_is_read() -> None:
    assert check("memory://written") == (0, ".: 9 epochs, 180 steps, no onsets\n")


@pytest.mark.parametrize(("path", "name"), [("memory://logs", "run1"), ("memory://logs/run1", ".")])
def test_a_remote_logdir_is_read(path: str, name: str) -> None:
    status, printed = check(path)
    assert status == 1
    assert printed.startswith(f"{name}: 9 epochs, 180 steps, 3 onsets\n")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("memory://nothing", "does not exist."),
        ("memory://empty", "is empty: no training has written to it yet."),
        ("memory://file", "is a file. Give a logdir"),
        (
            "nonsense://bucket/logs",
            "cannot be opened: ValueError: Protocol not known: nonsense. TensorBoard reads remote "
            "logdirs through fsspec: install it, and its package for this store",
        ),
    ],
)
def test_a_remote_path_that_cannot_be_read_is_named(path: str, message: str) -> None:
    status, printed = check(path)
    assert status == 2
    assert printed.startswith(f"tb-stability: {path} {message}")

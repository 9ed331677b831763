"""Checks what `make dist` has built: metadata, files, and that each installs and works.

``python -m tools.check_dist dist`` installs the wheel and the sdist, each into an empty virtual
environment without TensorFlow, and runs `tools/smoke.py` there.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SMOKE = ROOT / "tools" / "smoke.py"

# What users of the package would miss, and a forgotten line in setup.py would leave out.
IN_THE_PACKAGE = {
    "tb_stability/http_api.md",
    "tb_stability/plugin_data.proto",
    "tb_stability/plugin_data_pb2.pyi",
    "tb_stability/py.typed",
    "tb_stability/static/index.js",
    "tb_stability/static/report.js",
}
DEMO = "tb_stability_demo/cases/exploding_lstm.py"
IN_THE_WHEEL = IN_THE_PACKAGE | {DEMO}
IN_THE_SDIST = IN_THE_PACKAGE | {
    f"demo/{DEMO}",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "frontend/package-lock.json",
    "frontend/src/index.ts",
    "noxfile.py",
    "pyproject.toml",
    "setup.py",
    "tests/conftest.py",
    "tools/smoke.py",
}
# Beside what is in the repository: the page, and what setuptools writes about the package.
GENERATED = re.compile(
    r"PKG-INFO|setup\.cfg|[^/]+\.egg-info/.*|tb_stability/static/(index|report)\.js"
)
PACKAGE_FILES = re.compile(
    r"tb_stability(_demo)?/(\w+/)*(\w+\.(py|js)|plugin_data\.proto|plugin_data_pb2\.pyi|py\.typed|"
    r"http_api\.md)|tb_stability-[^/]+\.dist-info/.*"
)


class DistributionError(Exception):
    """Raised for a distribution that must not be published; says why."""


def main() -> int:
    """Checks the wheel and the sdist in the directory given; returns the exit status."""
    directory = Path(sys.argv[1])
    artefacts = [*directory.glob("*.whl"), *directory.glob("*.tar.gz")]
    try:
        if len(artefacts) != 2:
            names = ", ".join(path.name for path in artefacts) or "nothing"
            raise DistributionError(f"{directory} is to hold a wheel and an sdist, and has {names}")
        run(sys.executable, "-m", "twine", "check", "--strict", *artefacts)
        check_wheel(artefacts[0])
        check_sdist(artefacts[1], tracked())
        for artefact in artefacts:
            print(f"{artefact.name}: metadata and files are right; installing it ...", flush=True)
            with tempfile.TemporaryDirectory() as scratch:
                python = install(artefact, Path(scratch) / "venv")
                print(run(python, SMOKE, cwd=Path(scratch)), end="", flush=True)
    except DistributionError as error:
        print(f"check_dist: {error}", file=sys.stderr)
        return 1
    print(f"Ready to be published: {', '.join(str(path) for path in artefacts)}")
    return 0


def check_wheel(path: Path) -> None:
    """Raises DistributionError unless the wheel holds the package, the demo, and nothing else."""
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    stray = [name for name in names if not PACKAGE_FILES.fullmatch(name)]
    _compare(path, names, IN_THE_WHEEL, stray)


def check_sdist(path: Path, known: set[str] | None) -> None:
    """Raises DistributionError unless the sdist holds what it should, and nothing unknown.

    Args:
      path: The sdist.
      known: The files of the repository; None where that cannot be told.
    """
    with tarfile.open(path) as archive:
        names = [item.name.partition("/")[2] for item in archive.getmembers() if item.isfile()]
    unknown = [] if known is None else set(names) - known
    stray = [name for name in unknown if not GENERATED.fullmatch(name)]
    _compare(path, names, IN_THE_SDIST, stray)


def tracked() -> set[str] | None:
    """Returns the files that git knows, or None where there is no git or no repository."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        return None
    return set(run("git", "ls-files").splitlines())


def install(artefact: Path, directory: Path) -> Path:
    """Installs it, and what it requires, into a new environment; returns the interpreter."""
    venv.create(directory, with_pip=True)
    python = directory / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", artefact)
    return python


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    """Runs a command and returns its output; `env` replaces the environment.

    Raises:
      DistributionError: If it fails.
    """
    words = [str(word) for word in command]
    completed = subprocess.run(
        words,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if completed.returncode != 0:
        raise DistributionError(
            f"{' '.join(words)} ended with status {completed.returncode}:\n{completed.stdout}"
        )
    return completed.stdout


def _compare(path: Path, names: Iterable[str], wanted: set[str], stray: list[str]) -> None:
    missing = wanted.difference(names)
    if missing:
        raise DistributionError(f"{path.name} lacks {', '.join(sorted(missing))}")
    if stray:
        raise DistributionError(
            f"{path.name} holds what is not of the repository or no part of the package: "
            f"{', '.join(sorted(stray)[:20])}"
        )


if __name__ == "__main__":
    sys.exit(main())

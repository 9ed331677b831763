"""The matrix of supported versions: both ends of each range, and what lies between.

`make matrix` runs all of it; `make matrix NOX_ARGS="-s 'read(oldest)'"` one session. A Python that
is not there is passed over, except in continuous integration (``CI=true``): an error there.
"""

from __future__ import annotations

import runpy
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"  # uv where there is one: it installs much faster

SUPPORTED = runpy.run_path(str(Path(__file__).parent / "tb_stability" / "supported.py"))

OLDEST_PYTHON = "3.11"
NEWEST_PYTHON = "3.13"

# TensorBoard before 2.21 imports pkg_resources, which setuptools has no longer.
OLD_TENSORBOARD = "setuptools<82"
# Of its messages and arrays, the oldest knows these. TensorFlow brings what it needs by itself.
OLDEST_TENSORBOARD = (OLD_TENSORBOARD, "numpy<2", "protobuf<5")

TOOLS = ("fsspec", "hypothesis", "markdown-it-py", "pytest>=8.4", "pytest-xdist")
BROWSER_TOOLS = ("pillow", "playwright")

# Whatever touches TensorBoard; what computes with numpy alone is the same everywhere.
READ_TESTS = (
    "tests/commands",
    "tests/reading",
    "tests/test_damaged_files.py",
    "tests/test_golden.py",
    "tests/test_loader.py",
    "tests/test_plugin.py",
    "tests/test_reader.py",
    "tests/test_records.py",
    "tests/test_remote_logdir.py",
    "tests/test_requests.py",
    "tests/test_scalars.py",
    "tests/test_supported.py",
    "tests/test_writer.py",
)
PAGE_TESTS = ("tests/browser/test_first_screen.py", "tests/browser/test_host.py")


def exactly(name: str) -> str:
    """Returns the oldest version supported of a package, as a requirement."""
    return f"{name}=={SUPPORTED[name.upper()].oldest}.*"


@nox.session
@nox.parametrize(
    ("python", "versions"),
    [
        nox.param(
            OLDEST_PYTHON,
            (exactly("tensorflow"), exactly("keras"), OLD_TENSORBOARD),
            id="oldest",
        ),
        nox.param("3.12", ("tensorflow==2.20.*", "keras==3.12.*", OLD_TENSORBOARD), id="between"),
        nox.param(NEWEST_PYTHON, ("tensorflow", "keras"), id="newest"),
    ],
)
def train(session: nox.Session, versions: tuple[str, ...]) -> None:
    """Recording and reading, beside TensorFlow and Keras."""
    session.install("--upgrade", "--editable", ".[train]", *versions, *TOOLS)
    try_out(session, "tests/capture", *READ_TESTS)


@nox.session
@nox.parametrize(
    ("python", "versions"),
    [
        nox.param(OLDEST_PYTHON, (exactly("tensorboard"), *OLDEST_TENSORBOARD), id="oldest"),
        nox.param(NEWEST_PYTHON, ("tensorboard",), id="newest"),
    ],
)
def read(session: nox.Session, versions: tuple[str, ...]) -> None:
    """Reading and the page, beside TensorBoard alone."""
    session.install("--upgrade", "--editable", ".", *versions, *TOOLS, *BROWSER_TOOLS)
    try_out(session, *READ_TESTS, *PAGE_TESTS)


def try_out(session: nox.Session, *tests: str) -> None:
    """Runs the smoke test, then these tests, or those that the command line names."""
    # Out of the tree, so that what is tried is what was installed.
    smoke = Path("tools/smoke.py").resolve()
    with session.chdir(session.create_tmp()):
        session.run("python", str(smoke), env={"TF_CPP_MIN_LOG_LEVEL": "3"})
    arguments = ("-q", "-p", "no:cacheprovider", "--numprocesses", "2", "--dist", "loadfile")
    session.run("python", "-m", "pytest", *arguments, *(session.posargs or tests))

"""What all tests share: the browser, and plain words where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser

if "PYTEST_XDIST_WORKER" in os.environ:
    # Workers share the cores. A multiplication that is spread over all of them in each worker
    # takes a fifth more of their time.
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

# Files of which each parameter is a training of its own, twenty minutes all together.
TRAINED_BY_CASE = ("tests/demo/test_demo.py", "tests/benchmarks/test_healthy.py")

LEFT_OUT = pytest.StashKey[int]()

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",  # as root, in a container, there is no other way
    "--disable-gpu",
    # Otherwise Chromium asks for updates and suggestions, which a closed network refuses at length.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def find_chromium() -> str | None:
    """Returns the path of a Chromium: $CHROMIUM, or one on PATH, as tools/ensure-chromium looks."""
    names = (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, driven by Playwright. Tests that use it are marked `browser`."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Gives a worker whole files, for their fixtures, but of trainings one case at a time."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file, _, test = nodeid.partition("::")
            return file + test.partition("[")[2] if file in TRAINED_BY_CASE else file

    return Scheduling(config, log)


@pytest.hookimpl(trylast=True)  # when -m and -k have chosen
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # Begun last, a file that takes minutes would be left to one worker while the others have ended.
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
    browser_tests = [item for item in items if item.get_closest_marker("browser")]
    if not browser_tests or find_chromium():
        return
    if os.environ.get("CI") == "true":
        raise pytest.UsageError(f"{len(browser_tests)} browser tests and no Chromium to run them")
    config.stash[LEFT_OUT] = len(browser_tests)
    for item in browser_tests:
        item.add_marker(pytest.mark.skip(reason="no Chromium here"))


def pytest_unconfigure(config: pytest.Config) -> None:
    # Not pytest_terminal_summary: this is to stand below pytest's closing line, as the last word.
    if left_out := config.stash.get(LEFT_OUT, 0):
        print(
            f"\nNOT TESTED: {left_out} browser tests were left out: no Chromium was found.\n"
            "Install Debian's `chromium`, or name one: CHROMIUM=/path/to/chromium make test"
        )

"""One TensorBoard for all tests of the page, and tabs that close by themselves."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import runs
from tests.browser.page import StabilityTab
from tests.browser.pages import Pages
from tests.browser.tensorboards import tensorboard

OpenTab = Callable[..., StabilityTab]


@pytest.fixture(scope="session")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """All runs of `tests.browser.runs`; nobody writes to it."""
    logdir = tmp_path_factory.mktemp("logs")
    runs.write_all(logdir)
    return logdir


@pytest.fixture(scope="session")
def address(logdir: pathlib.Path) -> Iterator[str]:
    """A TensorBoard on `logdir`."""
    with tensorboard(logdir) as address:
        yield address


@pytest.fixture(scope="session")
def pages(browser: Browser) -> Pages:
    """Pages for all tests."""
    return Pages(browser)


@pytest.fixture
def open_tab(browser: Browser, pages: Pages, address: str) -> Iterator[OpenTab]:
    """Opens tabs as `StabilityTab` does, by default on the shared TensorBoard.

    With ``fresh=True`` a tab gets a browser profile that knows nothing of the others. No tab may
    meet an error that its test did not expect: see ``tab.errors``.
    """
    used: list[StabilityTab] = []
    closed: list[StabilityTab] = []

    def open_tab(
        runs: list[str] | None = None, *, at: str = address, fresh: bool = False, **arguments: Any
    ) -> StabilityTab:
        tab = StabilityTab(browser if fresh else pages, at, runs, **arguments)
        (closed if fresh else used).append(tab)
        return tab

    yield open_tab
    errors = [error for tab in (*used, *closed) for error in tab.errors]
    for tab in used:
        pages.give_back(tab.page)
    for tab in closed:
        tab.close()
    assert errors == []


@pytest.fixture
def tab(open_tab: OpenTab) -> StabilityTab:
    """The run `faulty`."""
    return open_tab([runs.FAULTY])

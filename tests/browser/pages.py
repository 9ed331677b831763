"""Browser pages that tests use one after another.

TensorBoard starts about four times as fast in a page that has loaded it before as in a new browser
profile, and there are more than a hundred tests.
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, Page


class Pages:
    """Gives out pages as a `Browser` does, each as if it were new.

    Args:
      browser: What to open them in.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: list[Page] = []

    def new_page(self, *, viewport: Any, device_scale_factor: int) -> Page:
        """Returns an empty page of this size.

        Raises:
          ValueError: For another scale than 1, which a page cannot change.
        """
        if device_scale_factor != 1:
            raise ValueError(f"the scale is {device_scale_factor}; these pages have a scale of 1")
        # A test may have closed every page that there was.
        self._free = [page for page in self._free if not page.is_closed()]
        page = self._free.pop() if self._free else self._browser.new_page()
        page.set_viewport_size(viewport)
        return page

    def give_back(self, page: Page) -> None:
        """Takes a page back, and undoes what its test has done to it."""
        page.unroute_all()
        page.evaluate("localStorage.clear()")
        page.goto("about:blank")
        page.emulate_media(media="null", reduced_motion="null")
        page.mouse.move(0, 0)
        page.context.clear_permissions()
        self._free.append(page)

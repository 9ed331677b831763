"""The Stability tab as a test reads it: through what the page says that it shows."""

from __future__ import annotations

import io
import urllib.parse
from typing import Any

import numpy as np
import PIL.Image
from playwright.sync_api import Browser, Frame, Page, Response

GRADIENT_NORM = "stability/gradient_norm"


class StabilityTab:
    """The tab in a real TensorBoard, opened and settled.

    Args:
      browser: What to open it in.
      address: Of TensorBoard's front page.
      runs: What to select, through the link; the page's own choice by default.
    """

    def __init__(
        self, browser: Browser, address: str, runs: list[str] | None = None, **view: object
    ) -> None:
        self.page: Page = browser.new_page(viewport={"width": 1440, "height": 1000})
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("response", self._note_failure)
        if runs is not None:
            view["runs"] = ",".join(urllib.parse.quote(run, safe="") for run in runs)
        query = "&".join(f"p.stability.{key}={value}" for key, value in view.items())
        self.page.goto(f"{address}#stability&{query}".rstrip("&"))
        self.page.wait_for_selector("iframe")
        self.settle()

    @property
    def frame(self) -> Frame:
        """The iframe that TensorBoard gives the plugin."""
        return next(frame for frame in self.page.frames if "plugin_entry" in frame.url)

    def settle(self) -> None:
        """Waits until the page has drawn all that it asked for."""
        self.page.wait_for_function(
            "() => { const page = document.querySelector('iframe')?.contentWindow?.tbStability;"
            " return page && !page.state().busy && page.state().full; }"
        )

    def call(self, function: str, *arguments: object) -> Any:
        """Returns what a function of ``tbStability`` gives: ``call("cell", run, tag, row, 0)``."""
        return self.frame.evaluate(
            "([name, args]) => window.tbStability[name](...args)", [function, list(arguments)]
        )

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """Returns the colour on the screen at a point of the plugin's page, in CSS pixels."""
        left, top = self._corner()
        clip = {"x": left + x, "y": top + y, "width": 1, "height": 1}
        image = PIL.Image.open(io.BytesIO(self.page.screenshot(clip=clip)))
        red, green, blue = np.asarray(image.convert("RGB"))[0, 0].tolist()
        return red, green, blue

    def hover(self, x: float, y: float) -> None:
        """Moves the pointer to a point of the plugin's page, in CSS pixels."""
        left, top = self._corner()
        self.page.mouse.move(left + x, top + y)

    def _note_failure(self, response: Response) -> None:
        # Below a path prefix TensorBoard looks for fonts of its own in the wrong place.
        if not response.ok and "/plugin/" in response.url:
            self.errors.append(f"{response.status} {response.url}")

    def _corner(self) -> tuple[float, float]:
        box = self.page.locator("iframe").bounding_box()
        assert box is not None
        return box["x"], box["y"]

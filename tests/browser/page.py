"""The Stability tab as a test reads it: through what the page says that it shows."""

from __future__ import annotations

import io
import json
import urllib.parse
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import PIL.Image
from playwright.sync_api import Browser, Frame, Locator, Page, Response

from tests.browser.pages import Pages
from tests.browser.runs import FAULTY

GRADIENT_NORM = "stability/gradient_norm"

# Milliseconds, for whatever is waited for: on a busy machine a page of TensorBoard opens slowly.
PATIENCE = 30_000

Picture = npt.NDArray[np.int64]
Cell = dict[str, Any]

# Everything that was asked for has arrived and is drawn; a page without a run to draw says so.
SETTLED = """() => {
  const page = document.querySelector("iframe")?.contentWindow?.tbStability;
  return page && !page.state().busy && page.state().full;
}"""


# What was chosen is drawn with the next frame.
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


class StabilityTab:
    """The tab in a real TensorBoard.

    Args:
      browser: What to open it in: a profile of its own for it, or a page that was used before.
      address: Of TensorBoard's front page, with its query and hash where there are any.
      runs: What to select, through the link; the page's own choice by default.
      prepare: Called with the empty browser page, before it goes anywhere.
      settled: Wait until all is drawn; else only until the plugin is there.
      width, height: Of the window, in CSS pixels.
      scale: Device pixels in one of those.
      view: Further parameters of the link, as the page itself writes them.

    Attributes:
      page: TensorBoard's.
      frame: The iframe that TensorBoard gives the plugin.
      errors: What the page threw, and requests of the plugin that failed.
    """

    def __init__(
        self,
        browser: Browser | Pages,
        address: str,
        runs: list[str] | None = None,
        *,
        prepare: Callable[[Page], object] = lambda page: None,
        settled: bool = True,
        width: int = 1440,
        height: int = 1000,
        scale: int = 1,
        **view: Any,
    ) -> None:
        self.page: Page = browser.new_page(
            viewport={"width": width, "height": height}, device_scale_factor=scale
        )
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("response", self._note_failure)
        self.page.set_default_timeout(PATIENCE)
        prepare(self.page)
        if runs is not None:
            # Quoted within the list, whose comma a name may hold, and again within the hash.
            names = [urllib.parse.quote(run, safe="") for run in runs]
            view["runs"] = ",".join(urllib.parse.quote(name, safe="") for name in names)
        query = "&".join(f"p.stability.{key}={value}" for key, value in view.items())
        link = address if "#" in address else f"{address}#stability&{query}".rstrip("&")
        self.page.goto(link)
        frame = self.page.wait_for_selector("iframe").content_frame()
        assert frame is not None
        self.frame: Frame = frame
        frame.wait_for_selector("[data-testid=stability]")
        if settled:
            self.settle()

    @property
    def state(self) -> dict[str, Any]:
        """What the page says of its view."""
        return dict(self.call("state"))

    def settle(self) -> None:
        """Waits until the page has drawn all that it asked for."""
        self.frame.evaluate(NEXT_FRAME)
        self.page.wait_for_function(SETTLED)
        self.frame.evaluate(NEXT_FRAME)

    def wait(self, condition: str, argument: object = None) -> None:
        """Waits for ``page => ...`` or ``(page, argument) => ...`` of ``tbStability``, as drawn."""
        self.frame.wait_for_function(
            f"argument => ({condition})(window.tbStability, argument)", arg=argument
        )
        self.frame.evaluate(NEXT_FRAME)

    def call(self, function: str, *arguments: object) -> Any:
        """Returns what a function of ``tbStability`` gives: ``call("cell", run, tag, row, 0)``."""
        return self.frame.evaluate(
            "([name, args]) => window.tbStability[name](...args)", [function, list(arguments)]
        )

    def cell(
        self, row: str | int, column: int, tag: str = GRADIENT_NORM, run: str = FAULTY
    ) -> Cell:
        """Returns a heatmap's cell as painted."""
        cell: Cell | None = self.call("cell", run, tag, row, column)
        assert cell is not None, f"{run} {tag}: no cell {row}, {column}"
        return cell

    def kinds(self) -> set[str]:
        """Returns the kinds of the markers in sight."""
        return {marker["kind"] for marker in self.call("markers")}

    def find(self, test_id: str) -> Locator:
        """Returns the elements with a ``data-testid``."""
        return self.frame.get_by_test_id(test_id)

    def run_item(self, run: str) -> Locator:
        """Returns a run's place in the list at the left."""
        return self.frame.locator(f".run-item[data-run={json.dumps(run)}]")

    def choose(self, run: str, *, only: bool = False) -> None:
        """Ticks a run in the list, or unticks it; or shows it alone."""
        item = self.run_item(run)
        if only:
            item.hover()
            item.get_by_role("button", name=f"Show only {run}").click()
        else:
            item.get_by_role("checkbox").click()
        self.settle()

    def panel(self, kind: str, tag: str, run: str = FAULTY) -> Locator:
        """Returns a panel: its kind, and the tag that it draws."""
        return self.find("panel").and_(
            self.frame.locator(f'[data-kind="{kind}"][data-tag="{tag}"][data-run="{run}"]')
        )

    def heatmap(self, tag: str = GRADIENT_NORM, run: str = FAULTY) -> Locator:
        """Returns the plot area of a heatmap."""
        return self.panel("heatmap", tag, run).locator(".stage")

    def box(self, element: Locator) -> tuple[float, float, float, float]:
        """Returns x, y, width and height of an element, in pixels of the plugin's page."""
        box = element.bounding_box()
        assert box is not None, "not on the screen"
        left, top = self._corner()
        return box["x"] - left, box["y"] - top, box["width"], box["height"]

    def picture(self, x: float, y: float, width: float, height: float) -> Picture:
        """Returns colours on the screen, ``[height, width, 3]``; in pixels of the plugin's page."""
        left, top = self._corner()
        clip = {"x": left + x, "y": top + y, "width": width, "height": height}
        image = PIL.Image.open(io.BytesIO(self.page.screenshot(clip=clip)))
        return np.asarray(image.convert("RGB")).astype(np.int64)

    def picture_of(self, element: Locator) -> Picture:
        """Returns an element's colours on the screen, ``[height, width, 3]``."""
        image = PIL.Image.open(io.BytesIO(element.screenshot()))
        return np.asarray(image.convert("RGB")).astype(np.int64)

    def pixel(self, x: float, y: float) -> tuple[int, int, int]:
        """Returns the colour on the screen at a point of the plugin's page, in CSS pixels."""
        red, green, blue = self.picture(x, y, 1, 1)[0, 0].tolist()
        return red, green, blue

    def hover(self, x: float, y: float) -> None:
        """Moves the pointer to a point of the plugin's page, in CSS pixels."""
        left, top = self._corner()
        self.page.mouse.move(left + x, top + y)

    def hover_cell(self, cell: Cell) -> tuple[float, float]:
        """Moves the pointer to the middle of a cell, and returns that place."""
        x, y = cell["x"] + cell["width"] / 2, cell["y"] + cell["height"] / 2
        self.hover(x, y)
        return x, y

    def click_cell(self, cell: Cell) -> None:
        """Clicks the middle of a cell."""
        self.hover_cell(cell)
        self.page.mouse.down()
        self.page.mouse.up()
        self.settle()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drags with the left button from one point of the plugin's page to another."""
        self.hover(*start)
        self.page.mouse.down()
        # As a hand does: a first small movement, then the rest.
        self.hover((start[0] + end[0]) / 2, start[1])
        self.hover(*end)
        self.page.mouse.up()

    def wheel(self, amount: float, *, key: str = "") -> None:
        """Turns the wheel where the pointer is, with a key held down."""
        if key:
            self.page.keyboard.down(key)
        self.page.mouse.wheel(0, amount)
        if key:
            self.page.keyboard.up(key)

    def close(self) -> None:
        """Closes the tab and its browser profile."""
        self.page.context.close()

    def _note_failure(self, response: Response) -> None:
        # Below a path prefix TensorBoard looks for fonts of its own in the wrong place.
        if not response.ok and "/plugin/" in response.url:
            self.errors.append(f"{response.status} {response.url}")

    def _corner(self) -> tuple[float, float]:
        box = self.page.locator("iframe").bounding_box()
        assert box is not None
        return box["x"], box["y"]

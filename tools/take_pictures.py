"""Takes the pictures of docs/guide.md: trains the demo cases that are missing, then photographs.

Run it with `python -m tools.take_pictures [--logdir DIR] [--only NAME ...]` in the repository. The
pictures come from the real page in a real TensorBoard, so that they show what readers will see. It
takes Chromium, and what is in the extras `train` and `dev`.
"""

from __future__ import annotations

import argparse
import io
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import PIL.Image
from playwright.sync_api import Browser, Error, Page, sync_playwright

from tests.browser.page import StabilityTab
from tests.browser.tensorboards import tensorboard
from tests.conftest import CHROMIUM_ARGUMENTS, find_chromium
from tools.pictures import (
    DETAILS,
    LISTED,
    MARKERS,
    STATES,
    DetailPicture,
    MarkerPicture,
    StatePicture,
)

IMAGES = pathlib.Path(__file__).parents[1] / "docs" / "images"

WIDTHS = (1440, 900)
THEMES = ("light", "dark")

# Of the window when panels are cut out of it: the width at which a panel fills a page of text.
PANEL_WINDOW = 1240
MARGIN = 6
SHARPNESS = 2  # device pixels in a CSS pixel

READ_WITHIN = 120.0  # seconds, for TensorBoard to read all runs

# A screenshot of text and flat colours loses nothing that is seen when it keeps this many colours.
COLOURS = 256

# TensorBoard keeps what its user set here.
DARK = "localStorage.setItem('_tb_global_settings', JSON.stringify({theme: 'dark'}))"


def train_missing(logdir: pathlib.Path, runs: set[str]) -> None:
    """Trains the demo cases of which a run is not in the logdir."""
    missing = {run.split("/")[0] for run in runs if not any((logdir / run).glob("*tfevents*"))}
    if missing:
        command = [sys.executable, "-m", "tb_stability.cli", "demo", "--logdir", str(logdir)]
        subprocess.run([*command, "--case", *sorted(missing)], check=True)


def wait_until_read(address: str, runs: set[str]) -> None:
    """Waits until TensorBoard has read these runs to their ends, which it does one by one.

    Raises:
      TimeoutError: If a run has no end: its training was interrupted.
    """
    deadline = time.monotonic() + READ_WITHIN
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{address}data/plugin/stability/runs") as response:
            listed = json.load(response)["runs"]
        missing = runs - {run["run"] for run in listed if run["status"] == "finished"}
        if not missing:
            return
        time.sleep(1)
    raise TimeoutError(
        f"TensorBoard has not read these runs to their ends within {READ_WITHIN:.0f} s: "
        f"{', '.join(sorted(missing))}. If their training was interrupted, delete them in the "
        "logdir, and they are trained again."
    )


def ask(address: str, run: str) -> dict[str, Any]:
    """Returns what the plugin says of a run: its series and its onsets."""
    query = urllib.parse.urlencode({"run": run})
    with urllib.request.urlopen(f"{address}data/plugin/stability/run?{query}") as response:
        return dict(json.load(response))


def link_to(value: object) -> str:
    """Returns a value as it stands in a link: quoted within its list, and again within the hash."""
    return urllib.parse.quote(urllib.parse.quote(str(value), safe=""), safe="")


def only(detail: dict[str, Any], wanted: tuple[str, ...]) -> dict[str, Any]:
    """Returns the part of a link that shows the loss and these series, and no other.

    Args:
      detail: The run.
      wanted: Quantities, or tags without ``stability/`` where not all series of a quantity.
    """
    tags = {series["tag"]: series["quantity"] for series in detail["series"]}
    shown = {"loss", *wanted}
    whole = {quantity for quantity in tags.values() if quantity in shown}
    single = {tag for tag in tags if tag.removeprefix("stability/") in shown}
    partly = {tags[tag] for tag in single} - whole
    hidden = set(tags.values()) - whole - partly
    hidden |= {tag for tag, quantity in tags.items() if quantity in partly} - single
    lists = {"hidden": hidden, "added": whole | partly}
    return {key: ",".join(map(link_to, sorted(names))) for key, names in lists.items() if names}


def first_onset(detail: dict[str, Any], kind: str) -> dict[str, Any]:
    """Returns the first onset of a kind.

    Raises:
      LookupError: If the run has none: the demo or a rule has changed.
    """
    for onset in detail["onsets"]:
        if onset["kind"] == kind:
            return dict(onset)
    found = ", ".join(onset["kind"] for onset in detail["onsets"])
    raise LookupError(f"{detail['run']} has no onset of kind {kind!r}, only: {found}")


def save(picture: bytes, name: str) -> None:
    """Writes a screenshot as PNG, as small as it can be without anything seen being lost."""
    image = PIL.Image.open(io.BytesIO(picture)).convert("RGB")
    small = image.quantize(COLOURS, dither=PIL.Image.Dither.NONE)
    path = IMAGES / f"{name}.png"
    small.save(path, optimize=True)
    print(f"{path.relative_to(IMAGES.parents[1])}  {path.stat().st_size / 1e3:.0f} kB", flush=True)


def open_run(browser: Browser, address: str, run: str, view: dict[str, Any]) -> StabilityTab:
    """Opens a run so that its panels are as wide as a page of text, and all in sight."""
    return StabilityTab(
        browser, address, [run], width=PANEL_WINDOW, height=1800, scale=SHARPNESS, **view
    )


def photograph_panels(tab: StabilityTab, name: str) -> None:
    """Saves the panels of the only run, with the labels of its markers and what is pointed at."""
    names = ("marker-strip", "panel", "tooltip")
    parts = [tab.find(name).filter(visible=True) for name in names]
    boxes = [tab.box(item) for part in parts for item in part.all()]
    left, top = min(x for x, *_ in boxes), min(y for _, y, *_ in boxes)
    right = max(x + width for x, _, width, _ in boxes)
    bottom = max(y + height for _, y, _, height in boxes)
    corner = tab.page.locator("iframe").bounding_box()
    assert corner is not None
    clip = {
        "x": corner["x"] + left - MARGIN,
        "y": corner["y"] + top - MARGIN,
        "width": right - left + 2 * MARGIN,
        "height": bottom - top + 2 * MARGIN,
    }
    save(tab.page.screenshot(clip=clip), name)


def take_marker(browser: Browser, address: str, picture: MarkerPicture) -> None:
    """Takes the picture of a marker, which is chosen, and of what shows its cause."""
    detail = ask(address, picture.run)
    onset = first_onset(detail, picture.kind)
    place = [picture.run, onset["kind"], onset["step"], onset["row"]]
    chosen = ",".join(link_to(part) for part in place if part is not None)
    view = {**only(detail, picture.shown), **picture.view, "onset": chosen}
    tab = open_run(browser, address, picture.run, view)
    photograph_panels(tab, picture.kind)
    tab.close()


def take_detail(browser: Browser, address: str, picture: DetailPicture) -> None:
    """Takes some panels, with what is under the pointer."""
    view = {**only(ask(address, picture.run), picture.shown), **picture.view}
    tab = open_run(browser, address, picture.run, view)
    picture.act(tab)
    tab.settle()
    photograph_panels(tab, picture.name)
    tab.close()


def take_state(browser: Browser, address: str, picture: StatePicture) -> None:
    """Takes the whole tab in every theme and width."""
    for theme in THEMES:

        def prepare(page: Page, dark: bool = theme == "dark") -> None:
            if dark:
                page.add_init_script(DARK)

        for width in WIDTHS:
            tab = StabilityTab(
                browser,
                f"{address}?runFilter={urllib.parse.quote(LISTED)}",
                list(picture.runs),
                prepare=prepare,
                width=width,
                height=picture.height,
                **picture.view,
            )
            picture.act(tab)
            tab.settle()
            suffix = "" if width == WIDTHS[0] else f"_{width}"
            save(tab.page.screenshot(), f"{picture.name}_{theme}{suffix}")
            tab.close()


def succeeds(name: str, take: Callable[[], None]) -> bool:
    """Takes a picture; one that cannot be taken is told, and does not keep others from it."""
    try:
        take()
    except (LookupError, AssertionError, Error) as error:
        print(f"{name}: {error}", file=sys.stderr, flush=True)
        return False
    return True


def main() -> None:
    """Trains what is missing, and takes every picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logdir", type=pathlib.Path, default=pathlib.Path("logs/demo"))
    parser.add_argument("--only", nargs="+", metavar="NAME", help="only these pictures")
    options = parser.parse_args()
    markers = [item for item in MARKERS if not options.only or item.kind in options.only]
    details = [item for item in DETAILS if not options.only or item.name in options.only]
    states = [item for item in STATES if not options.only or item.name in options.only]
    runs = {item.run for item in markers} | {item.run for item in details}
    runs.update(run for item in states for run in item.runs)
    train_missing(options.logdir, runs)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tensorboard(options.logdir) as address:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        wait_until_read(address, runs)
        tasks: list[tuple[str, Callable[[], None]]] = [
            *((item.kind, partial(take_marker, browser, address, item)) for item in markers),
            *((item.name, partial(take_detail, browser, address, item)) for item in details),
            *((item.name, partial(take_state, browser, address, item)) for item in states),
        ]
        failed = [name for name, take in tasks if not succeeds(name, take)]
        browser.close()
    if failed:
        sys.exit(f"Not taken: {', '.join(failed)}. Try again with --only {' '.join(failed)}")


if __name__ == "__main__":
    main()

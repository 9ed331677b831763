"""How fast the page is: in a real browser, on a real TensorBoard, with runs of known size.

Prints the time from opening the tab to its first heatmap, frames per second of the crosshair and of
zooming at two sizes, and the size of the bundle. It judges nothing.

Run it with `python -m benchmarks.page [--logdir DIR]` in the repository, on a machine that does
nothing else.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import pathlib
import statistics
import tempfile
import time
import urllib.request
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from tb_stability import metadata
from tb_stability.series import RunSeries
from tests import synthetic
from tests.browser.page import GRADIENT_NORM, StabilityTab
from tests.browser.tensorboards import tensorboard
from tests.conftest import CHROMIUM_ARGUMENTS, find_chromium

BUNDLE = pathlib.Path(__file__).parents[1] / "tb_stability" / "static" / "index.js"
SIZES = ((200, 2_000), (1_000, 10_000))
# TensorBoard's data server cannot hand over a series of more: the request fails.
MOST_OF_DATA_SERVER = 256 * 2**20  # bytes
LOADED_WITHIN = 300.0  # seconds, for TensorBoard to read an event file

# Runs in every frame from its beginning; only the plugin's own has the page in it.
WATCH = """
const watch = () => {
  const page = window.tbStability;
  const panels = page ? page.state().shown.flatMap(({run, panels}) =>
    panels.filter(({kind}) => kind === "heatmap").map(({tag}) => [run, tag])) : [];
  if (panels.some(([run, tag]) => page.cell(run, tag, 0, 0)))
    requestAnimationFrame(() => { window.firstHeatmap = performance.now(); });
  else requestAnimationFrame(watch);
};
requestAnimationFrame(watch);
"""

# Moves once a frame, as a browser hands pointer events to a page.
FRAMES = """
([tag, kind, seconds]) => new Promise((done) => {
  const stage = document.querySelector(`[data-tag="${tag}"][data-kind="heatmap"] .stage`);
  stage.scrollIntoView({block: "center"});
  const box = stage.getBoundingClientRect();
  const at = (x, y) => ({clientX: box.left + x * box.width, clientY: box.top + y * box.height,
    bubbles: true, cancelable: true, pointerId: 1});
  const move = {
    crosshair: (i) => stage.dispatchEvent(new PointerEvent("pointermove",
      at(0.5 + 0.45 * Math.sin(i / 20), 0.5 + 0.45 * Math.cos(i / 31)))),
    zoom: (i) => stage.dispatchEvent(new WheelEvent("wheel",
      {...at(0.4, 0.5), ctrlKey: true, deltaY: Math.floor(i / 60) % 2 ? 15 : -15})),
  }[kind];
  const times = [];
  const frame = (now) => {
    times.push(now);
    if (now - times[0] > 1000 * seconds) return done(times);
    move(times.length);
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})
"""


def first_heatmap(browser: Browser, address: str, times: int) -> tuple[list[float], list[float]]:
    """Returns seconds to the first heatmap: since the tab was opened, and since TensorBoard was."""
    since_tab, since_start = [], []
    for _ in range(times):
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.add_init_script(WATCH)
        before = time.time()
        page.goto(f"{address}#stability")
        page.wait_for_selector("iframe")
        frame = next(frame for frame in page.frames if "plugin_entry" in frame.url)
        frame.wait_for_function("() => window.firstHeatmap > 0")
        found, origin = frame.evaluate("[window.firstHeatmap, performance.timeOrigin]")
        since_tab.append(found / 1e3)
        since_start.append((origin + found) / 1e3 - before)
        page.close()
    return since_tab, since_start


def write_run(log_dir: pathlib.Path, rows: int, windows: int) -> None:
    """Writes gradient norms of many layers, and the loss."""
    rng = np.random.default_rng(0)
    of = synthetic.windows(windows)
    layers = [f"block_{index // 10}/layer_{index}" for index in range(rows)]
    norms = 10 ** (rng.normal(0, 1, rows) + rng.normal(0, 0.2, (windows, rows)))
    loss = 1 + np.exp(-np.arange(windows) / windows)
    found = (
        synthetic.series(metadata.LOSS, synthetic.per_step(loss), of, ("loss",)),
        synthetic.series(metadata.GRADIENT_NORM, synthetic.per_step(norms), of, layers),
    )
    synthetic.write(RunSeries("run", of, found, synthetic.run_record()), log_dir)


def wait_until_read(address: str, steps: int) -> None:
    """Waits until TensorBoard has read every window of the only run."""
    deadline = time.monotonic() + LOADED_WITHIN
    while time.monotonic() < deadline:
        with urllib.request.urlopen(f"{address}data/plugin/stability/runs") as response:
            if json.load(response)["runs"][0]["steps"] >= steps:
                return
        time.sleep(1)
    raise TimeoutError(f"TensorBoard has not read {steps} steps within {LOADED_WITHIN:.0f} s")


def frames(tab: StabilityTab, kind: str, seconds: float) -> tuple[float, float]:
    """Returns frames per second, and the longest of twenty frames in milliseconds."""
    times: list[float] = tab.frame.evaluate(FRAMES, [GRADIENT_NORM, kind, seconds])
    gaps = np.diff(times)
    return 1e3 * len(gaps) / (times[-1] - times[0]), float(np.percentile(gaps, 95))


def measure_size(browser: Browser, rows: int, windows: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as directory:
        begin = time.perf_counter()
        write_run(pathlib.Path(directory) / "run", rows, windows)
        written = time.perf_counter() - begin
        size = sum(path.stat().st_size for path in pathlib.Path(directory).rglob("*events*"))
        print(f"\n{rows} rows x {windows} windows, {size / 2**20:.0f} MiB")
        print(f"  written                        {written:7.1f} s")
        flags = ["--load_fast=false"] if size > MOST_OF_DATA_SERVER else []
        if flags:
            print("  too large for TensorBoard's data server: read with --load_fast=false")
        begin = time.perf_counter()
        with tensorboard(pathlib.Path(directory), *flags) as address:
            wait_until_read(address, 10 * windows)
            read = time.perf_counter() - begin
            print(f"  read by TensorBoard            {read:7.1f} s", flush=True)
            found, _ = first_heatmap(browser, address, 1)
            print(f"  first heatmap                  {found[0]:7.2f} s since the tab was opened")
            tab = StabilityTab(browser, address, ["run"])
            columns = len(tab.call("columns", "run", GRADIENT_NORM))
            print(f"  columns on the screen          {columns:7d}")
            for kind in ("crosshair", "zoom"):
                rate, slow = frames(tab, kind, seconds)
                print(f"  {kind:30} {rate:7.1f} frames/s   {slow:6.1f} ms at the 95th percentile")
                tab.settle()
            tab.page.close()


def measure_logdir(browser: Browser, logdir: pathlib.Path, times: int) -> None:
    with tensorboard(logdir) as address:
        since_tab, since_start = first_heatmap(browser, address, times)
        print(f"first heatmap of {logdir}, median of {times} (slowest)")
        for name, values in (("tab", since_tab), ("TensorBoard", since_start)):
            line = f"{statistics.median(values):7.2f} s ({max(values):.2f})"
            print(f"  since {name + ' was opened':25}{line}", flush=True)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logdir", type=pathlib.Path, help="an ordinary one; else two small runs")
    parser.add_argument("--times", type=int, default=5, help="openings of the tab")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each movement")
    parser.add_argument("--small", action="store_true", help="leave out the largest size")
    options = parser.parse_args()
    bundle = BUNDLE.read_bytes()
    compressed = len(gzip.compress(bundle))
    print(f"bundle {len(bundle) / 1e3:.1f} kB, compressed {compressed / 1e3:.1f} kB\n")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as directory:
        browser: Any = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        logdir = options.logdir or pathlib.Path(directory)
        if options.logdir is None:
            synthetic.write(synthetic.exploding(), logdir / "faulty")
            synthetic.write(synthetic.healthy(), logdir / "fixed")
        measure_logdir(browser, logdir, options.times)
        for rows, windows in SIZES[: 1 if options.small else None]:
            measure_size(browser, rows, windows, options.seconds)
        browser.close()


if __name__ == "__main__":
    main()

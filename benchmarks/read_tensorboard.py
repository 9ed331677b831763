"""A TensorBoard that is asked what the page asks it for, and watched meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from typing import Any

COLUMNS = 1000  # pixels of a heatmap
MOMENT = 200  # milliseconds that the page waits for verdicts before it shows what is known
TIMES = 5  # warm requests
GLANCES = 0.1  # seconds between two requests of another tab
LOADED_WITHIN = 300.0  # seconds


@dataclasses.dataclass(frozen=True)
class Measured:
    """Seconds and bytes.

    Attributes:
      cold: First requests for a heatmap.
      cold_processor: Processor time of TensorBoard's processes for them.
      cold_runs: That for the list of runs among them.
      judged: From the first request until every run has its verdict.
      other_tab: The longest that another tab of TensorBoard waited meanwhile.
      warm: The same requests again.
      warm_runs: That for the list of runs among them.
      loaded: Memory of TensorBoard's processes once all data are loaded, and another tab opened.
      asked: The same after the requests.
      server_added: By how much the process of TensorBoard's data server has grown meanwhile.
      highest: The most that it ever was.
    """

    cold: float
    cold_processor: float
    cold_runs: float
    judged: float
    other_tab: float
    warm: float
    warm_runs: float
    loaded: int
    asked: int
    server_added: int
    highest: int


def measure(logdir: pathlib.Path, flag: str) -> Measured:
    """Starts TensorBoard on a logdir and measures it.

    Args:
      logdir: What to open.
      flag: Which loader it is to use.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir), "--host"]
    # Loaded once: looking for what is new takes time as well, and hundreds of runs never rest.
    command += ["127.0.0.1", "--port", str(port), "--reload_interval", "0", flag]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}/data/"
        _wait_until_loaded(address, process)
        _look_at_other_tab(address)
        loaded = _memory(_family(process.pid), "VmRSS")
        server_loaded = _memory(_family(process.pid)[1:], "VmRSS")
        before = _processor_seconds(process.pid)
        with _other_tab(address) as waits:
            begin = time.perf_counter()
            cold = _first_heatmap(address)
            cold_processor = _processor_seconds(process.pid) - before
            _timed(f"{address}plugin/stability/runs")
            judged = time.perf_counter() - begin
        warm = [_first_heatmap(address) for _ in range(TIMES)]
        return Measured(
            cold=sum(cold),
            cold_processor=cold_processor,
            cold_runs=cold[0],
            judged=judged,
            other_tab=max(waits),
            warm=statistics.median(sum(times) for times in warm),
            warm_runs=statistics.median(times[0] for times in warm),
            loaded=loaded,
            asked=_memory(_family(process.pid), "VmRSS"),
            server_added=_memory(_family(process.pid)[1:], "VmRSS") - server_loaded,
            highest=_memory(_family(process.pid), "VmHWM"),
        )
    finally:
        process.terminate()
        process.wait()


def _first_heatmap(address: str) -> tuple[float, float, float]:
    """Returns the seconds that each of the requests takes."""
    runs_time, runs = _timed(f"{address}plugin/stability/runs?wait={MOMENT}")
    run = next((item for item in runs["runs"] if item["severity"]), runs["runs"][0])["run"]
    name = urllib.parse.quote(run, safe="")
    run_time, found = _timed(f"{address}plugin/stability/run?run={name}&wait={MOMENT}")
    tags = [item["tag"] for item in found["series"]]
    tag = next((tag for tag in tags if "gradient_norm" in tag), tags[0])
    query = f"run={name}&tag={urllib.parse.quote(tag, safe='')}&columns={COLUMNS}"
    query += f"&revision={urllib.parse.quote(found['revision'], safe='')}"
    series_time, _ = _timed(f"{address}plugin/stability/series?{query}")
    return runs_time, run_time, series_time


@contextlib.contextmanager
def _other_tab(address: str) -> Iterator[list[float]]:
    """Asks for the tags of scalars all the while; yields the seconds that each request takes."""
    waits: list[float] = []
    done = threading.Event()

    def look() -> None:
        while not waits or not done.is_set():
            waits.append(_look_at_other_tab(address))
            done.wait(GLANCES)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield waits
    finally:
        done.set()
        thread.join()


def _look_at_other_tab(address: str) -> float:
    """Returns the seconds that TensorBoard takes to list the tags of scalars."""
    return _timed(f"{address}plugin/scalars/tags")[0]


def _timed(url: str) -> tuple[float, Any]:
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    begin = time.perf_counter()
    with urllib.request.urlopen(request, timeout=LOADED_WITHIN) as response:
        content = response.read()
        seconds = time.perf_counter() - begin
        if response.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
    return seconds, json.loads(content)


def _wait_until_loaded(address: str, process: subprocess.Popen[bytes]) -> None:
    """Waits until TensorBoard's processes rest, as they do when they have read all there is."""
    deadline = time.monotonic() + LOADED_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}runs", timeout=30) as response:
                if json.load(response) and _is_loaded(process.pid):
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        if process.poll() is not None:
            raise RuntimeError(f"TensorBoard ended with {process.returncode}: {process.args!r}")
        time.sleep(0.5)
    raise TimeoutError(f"TensorBoard has not read the logdir within {LOADED_WITHIN:.0f} s")


def _is_loaded(pid: int) -> bool:
    before = _processor_seconds(pid)
    time.sleep(2.0)
    return _processor_seconds(pid) - before < 0.1


def _processor_seconds(pid: int) -> float:
    ticks = 0
    for one in _family(pid):
        fields = pathlib.Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _memory(pids: Sequence[int], name: str) -> int:
    total = 0
    for one in pids:
        for line in pathlib.Path(f"/proc/{one}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                total += int(line.split()[1]) * 1024
    return total


def _family(pid: int) -> list[int]:
    """Returns a process and its children: TensorBoard's data server is one."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/children")
    found = {int(child) for path in tasks for child in path.read_text().split()}
    return [pid, *sorted(found)]

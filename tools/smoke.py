"""Tries the installed package as its users do, from the written logdir to TensorBoard's tab.

Run it with the interpreter that has the package: ``.../bin/python tools/smoke.py``. Where Keras is
installed it also trains. It ends with status 0 and a line for each thing that works, or with what
does not.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import math
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGES = ("tb_stability", "tensorboard", "tensorflow", "keras", "numpy", "protobuf")
EPOCHS = 10
STEPS = 20
FIRST_NAN = 6
ANSWERS_WITHIN = 120  # seconds; TensorBoard imports TensorFlow where it is installed

Onsets = dict[str, list[tuple[str, int]]]


def main() -> int:
    """Runs all of it; returns the exit status."""
    print(f"Python {sys.version.split()[0]}, {', '.join(_versions())}")
    trains = importlib.util.find_spec("keras") is not None
    with tempfile.TemporaryDirectory() as directory:
        logdir = Path(directory)
        write_run(logdir / "good", fails=False)
        write_run(logdir / "bad", fails=True)
        expected: Onsets = {"good": [], "bad": [("nonfinite_loss", FIRST_NAN)]}
        if trains:
            train(logdir / "trained")
            expected["trained"] = [("nonfinite_loss", 0)]
        found = checked(logdir)
        _same("the onsets of tb-stability check", {run: found[run][:1] for run in found}, expected)
        print(f"tb-stability check: {found}")
        _same("the onsets that TensorBoard serves", served(logdir), found)
        print("TensorBoard: the tab, the page, and the same onsets")
        report = logdir / "report.html"
        _command("report", str(logdir), "-o", str(report))
        print(f"tb-stability report: {report.stat().st_size} bytes")
        if not trains:
            _refuses_to_record()
            print("StabilityCallback: says which extra it needs")
    return 0


def write_run(log_dir: Path, *, fails: bool) -> None:
    """Writes a run of which the loss falls, until it turns NaN where it `fails`."""
    from tb_stability.metadata import LOSS, WINDOWS, SeriesMetadata
    from tb_stability.writer import EventWriter

    windows = SeriesMetadata(WINDOWS, rows=("window",))
    loss = SeriesMetadata(LOSS, rows=("loss",))
    writer = EventWriter(log_dir)
    for epoch in range(EPOCHS):
        is_nan = fails and epoch >= FIRST_NAN
        value = math.nan if is_nan else 1.0 / (1 + epoch)
        statistics = {
            **dict.fromkeys(("mean", "min", "max", "last"), value),
            "count": STEPS,
            "nonfinite": STEPS if is_nan else 0,
            "argmax": 0,
            "first_nonfinite": 0 if is_nan else -1,
        }
        step = (epoch + 1) * STEPS
        writer.write(windows, [[epoch, STEPS, 1]], step=step)
        writer.write(loss, [[statistics[name] for name in LOSS.statistics]], step=step)
    writer.close()


def train(log_dir: Path) -> None:
    """Trains a small network whose loss is NaN from its second step on."""
    import keras
    import numpy as np

    from tb_stability import StabilityCallback

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(math.inf), loss="mse")
    x = np.ones((64, 4), "float32")
    model.fit(x, x[:, :1] * 9, epochs=2, verbose=0, callbacks=[StabilityCallback(log_dir)])


def checked(logdir: Path) -> Onsets:
    """Returns kind and epoch of every onset, as the command line tells them."""
    answer = json.loads(_command("check", str(logdir), "--format", "json", status=1))
    return _onsets(answer["runs"])


def served(logdir: Path) -> Onsets:
    """Returns the same from TensorBoard, which must also show the tab and have its page."""
    with tensorboard(logdir) as address:
        listing = json.loads(_fetch(f"{address}/data/plugins_listing"))
        _same("the tab is enabled", listing.get("stability", {}).get("enabled"), True)
        page = _fetch(f"{address}/data/plugin/stability/index.js")
        _same("the page has a function render", b"render" in page, True)
        found: list[Any] = []
        deadline = time.monotonic() + ANSWERS_WITHIN
        names = {path.name for path in logdir.iterdir() if path.is_dir()}
        while {run["run"] for run in found} != names and time.monotonic() < deadline:
            time.sleep(0.2)  # TensorBoard answers before it has read the logdir
            found = json.loads(_fetch(f"{address}/data/plugin/stability/runs"))["runs"]
        details = [_fetch(f"{address}/data/plugin/stability/run?run={name}") for name in names]
        return _onsets([json.loads(detail) for detail in details])


@contextlib.contextmanager
def tensorboard(logdir: Path) -> Iterator[str]:
    """Runs TensorBoard on a logdir; yields its address."""
    with socket.create_server(("localhost", 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logdir)]
    process = subprocess.Popen([*command, "--port", str(port)], stderr=subprocess.PIPE)
    address = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + ANSWERS_WITHIN
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                _fetch(f"{address}/data/plugins_listing")
                break
            time.sleep(0.2)
        else:
            process.kill()
            assert process.stderr is not None
            raise SystemExit(f"TensorBoard did not answer:\n{process.stderr.read().decode()}")
        yield address
    finally:
        process.terminate()
        process.communicate()


def _refuses_to_record() -> None:
    try:
        from tb_stability import StabilityCallback  # noqa: F401
    except ImportError as error:
        _same("how to install", 'pip install "tb_stability[train]"' in str(error), True)
    else:
        raise SystemExit("StabilityCallback was imported, and there is no Keras")


def _onsets(runs: list[Any]) -> Onsets:
    return {
        run["run"]: [(onset["kind"], onset["epoch"]) for onset in run["onsets"]]
        for run in sorted(runs, key=lambda run: str(run["run"]))
    }


def _command(*arguments: str, status: int = 0) -> str:
    program = Path(sysconfig.get_path("scripts")) / "tb-stability"
    completed = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, env=os.environ
    )
    if completed.returncode != status:
        raise SystemExit(
            f"tb-stability {arguments[0]} ended with status {completed.returncode}, not {status}:\n"
            f"{completed.stdout}{completed.stderr}"
        )
    return completed.stdout


def _fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"{what}: {found!r}, expected {expected!r}")


def _versions() -> Iterator[str]:
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            yield f"{package} {importlib.metadata.version(package)}"


if __name__ == "__main__":
    sys.exit(main())

"""What reading costs: a real TensorBoard on logdirs of growing size, written by the real writer.

Prints, for each size and for both of TensorBoard's loaders,

* bytes of a window in the event file;
* the time to the first heatmap, which is that of the requests that the page makes for it (the
  list of runs, the first run, its gradient norms in 1000 columns): cold, when the plugin has read
  nothing yet and TensorBoard has everything, and warm, as the median of those after it;
* the list of runs alone, likewise, and the time until every run in it has its verdict: the page
  does not wait for that, and the longest that another tab of TensorBoard is kept waiting meanwhile;
* the memory of TensorBoard with the data loaded, before the plugin was asked for anything, after
  it, and at its highest; what it adds, as multiples of the event files' size, beyond what it adds
  for a run of 30 KiB, which is mostly the plugin's code and threads, and how much of it is in the
  process of TensorBoard's data server, which keeps what its answers took;
* the windows a second that `tb-stability check` reads and judges;

and by what factor each grows from one size to the next. It judges nothing.

Run it with `python -m benchmarks.read [--of layers windows bar runs foreign] [--doublings N]` in
the repository, on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from benchmarks.read_logdirs import Size, write_foreign_runs, write_runs
from benchmarks.read_tensorboard import Measured, measure

LOADERS = {"data server": "--load_fast=true", "Python loader": "--load_fast=false"}

# Of each kind the largest size; smaller ones are halves of it.
LARGEST = {
    "layers": Size(layers=1_000, windows=1_000),
    "windows": Size(layers=10, windows=100_000),
    "bar": Size(layers=200, windows=10_000),
    "runs": Size(layers=20, windows=100, runs=200),
    "foreign": Size(layers=0, windows=100, runs=200),
}

NEXT_TO_NOTHING = Size(layers=2, windows=100)

_HALVED = {"layers": "layers", "windows": "windows", "runs": "runs", "foreign": "runs"}


def sizes(kind: str, doublings: int) -> list[Size]:
    """Returns the sizes of a kind, each twice the one before."""
    largest = LARGEST[kind]
    if kind not in _HALVED:
        return [largest]
    name = _HALVED[kind]
    return [
        dataclasses.replace(largest, **{name: max(getattr(largest, name) >> halvings, 1)})
        for halvings in reversed(range(doublings + 1))
    ]


def check_seconds(logdir: pathlib.Path) -> float:
    """Returns the time that `tb-stability check` takes beyond its own start."""
    return _check(logdir) - _check(None)


def _check(logdir: pathlib.Path | None) -> float:
    command = [sys.executable, "-m", "tb_stability.cli", "check"]
    command += ["--help"] if logdir is None else [str(logdir)]
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begin


def fixed_memory(flag: str) -> int:
    """Returns the bytes that the plugin adds to TensorBoard whatever the logdir holds."""
    with tempfile.TemporaryDirectory() as directory:
        logdir = pathlib.Path(directory)
        write_runs(logdir, NEXT_TO_NOTHING)
        measured = measure(logdir, flag)
    return measured.asked - measured.loaded


def _measure_kind(kind: str, doublings: int, fixed: dict[str, int]) -> None:
    before: dict[str, dict[str, float]] = {}
    for size in sizes(kind, doublings):
        with tempfile.TemporaryDirectory() as directory:
            logdir = pathlib.Path(directory)
            if kind == "foreign":
                written = write_foreign_runs(logdir, size.runs, size.windows)
            else:
                written = write_runs(logdir, size)
            print(f"\n{kind}: {size}, {written / 2**20:.1f} MiB", flush=True)
            windows = size.windows * size.runs
            found = {"": {"bytes per window": written / windows}}
            seconds = check_seconds(logdir)
            found[""] |= {"check, s": seconds, "check, windows/s": windows / max(seconds, 1e-3)}
            _print("", found[""], before)
            for name, flag in LOADERS.items():
                found[name] = _row(measure(logdir, flag), written, fixed[name])
                _print(name, found[name], before)
            before = found


def _row(measured: Measured, written: int, fixed: int) -> dict[str, float]:
    added = measured.asked - measured.loaded - fixed
    return {
        "first heatmap cold, s": measured.cold,
        "  in processor time, s": measured.cold_processor,
        "  of that the list of runs, s": measured.cold_runs,
        "every verdict, s": measured.judged,
        "longest wait of another tab, s": measured.other_tab,
        "first heatmap warm, s": measured.warm,
        "  of that the list of runs, s (warm)": measured.warm_runs,
        "memory of TensorBoard, MiB": measured.loaded / 2**20,
        "  and with the plugin, MiB": measured.asked / 2**20,
        "  and at its highest, MiB": measured.highest / 2**20,
        "  added by the plugin, file sizes": added / written,
        "  of that in the data server": measured.server_added / written,
    }


def _print(loader: str, row: dict[str, float], before: dict[str, dict[str, float]]) -> None:
    if loader:
        print(f"  {loader}")
    for name, value in row.items():
        earlier = before.get(loader, {}).get(name)
        ratio = f"   x {value / earlier:.2f}" if earlier else ""
        print(f"    {name:40}{value:12,.3f}{ratio}", flush=True)


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--of", nargs="+", choices=list(LARGEST), default=list(LARGEST))
    parser.add_argument("--doublings", type=int, default=2, help="up to the largest size")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    fixed = {name: fixed_memory(flag) for name, flag in LOADERS.items()}
    for name, nbytes in fixed.items():
        print(f"added by the plugin whatever is read, {name}: {nbytes / 2**20:.1f} MiB", flush=True)
    for kind in options.of:
        with contextlib.suppress(KeyboardInterrupt):
            _measure_kind(kind, options.doublings, fixed)


if __name__ == "__main__":
    main()

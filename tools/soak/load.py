"""Many readers of one TensorBoard on this machine, for a minute, while a run trains.

Prints how many requests there were, how many failed, and within which time they were answered.
"""

from __future__ import annotations

import argparse
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Sequence

import numpy as np

from tb_stability import metadata
from tb_stability.series import RunSeries
from tests import synthetic
from tests.browser import tensorboards
from tools.soak.readers import read

READERS = 50
SECONDS = 60.0
# Seconds for which somebody looks at a run, before turning to the next.
PAUSE = 5.0

# Seconds that TensorBoard and the training are given to start: they import TensorFlow.
STARTS_WITHIN = 300.0

# Bounds of what can be asked for: this is no tool for other people's servers.
MOST_READERS = 200
MOST_SECONDS = 600.0

# An ordinary logdir: a sweep of so many runs, each with so many windows, of so many layers.
RUNS, WINDOWS, LAYERS = 10, 200, 20


def write_logdir(logdir: pathlib.Path) -> None:
    """Writes the ordinary logdir."""
    of = synthetic.windows(WINDOWS, per_epoch=10)
    layers = [f"block_{index // 4}/layer_{index}" for index in range(LAYERS)]
    for number in range(RUNS):
        rng = np.random.default_rng(number)
        loss = 0.3 + np.exp(-np.arange(WINDOWS) / 100) + rng.normal(0, 0.01, WINDOWS)
        series = [synthetic.series(metadata.LOSS, synthetic.per_step(loss), of, ("loss",))]
        for name in ("gradient_norm", "weight_norm", "update_ratio", "dead_relu", "saturation"):
            values = synthetic.per_step(10 ** rng.normal(-1, 0.1, (WINDOWS, LAYERS)))
            quantity = metadata.Quantity(name, name, "", "layer", scale="log")
            series.append(synthetic.series(quantity, values, of, layers))
        run = RunSeries("run", of, tuple(series), synthetic.run_record())
        synthetic.write(run, logdir / f"sweep/run_{number}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; returns 1 if a request failed."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak.load", description=__doc__)
    parser.add_argument("--readers", type=int, default=READERS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--pause", type=float, default=PAUSE, help="0: as fast as they can")
    parser.add_argument("--flag", action="append", default=[], help="given to TensorBoard")
    options = parser.parse_args(arguments)
    readers = min(options.readers, MOST_READERS)
    seconds = min(options.seconds, MOST_SECONDS)

    tensorboards.ANSWERS_WITHIN = STARTS_WITHIN
    with tempfile.TemporaryDirectory() as directory:
        logdir = pathlib.Path(directory)
        write_logdir(logdir)
        command = [sys.executable, "-m", "tools.soak.live_training", str(logdir / "training")]
        training = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            with tensorboards.tensorboard(logdir, *options.flag) as address:
                tensorboards.wait_until_listed(address, "training")
                answers = read(address, readers=readers, seconds=seconds, pause=options.pause)
            ended = training.poll()
        finally:
            training.kill()
            training.wait()
    errors = [*answers.errors, *([] if ended is None else ["the training ended by itself"])]
    print(f"{readers} readers for {seconds:.0f} s, each pausing {options.pause:g} s between runs")
    print(f"{len(answers.seconds)} requests, {len(errors)} errors")
    for share in (0.5, 0.95, 0.99, 1.0):
        print(f"  {share:4.0%} within {1000 * answers.percentile(share):6.0f} ms")
    print(*sorted(set(errors))[:10], sep="\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes two runs into the logdir given: one good, one whose loss turns NaN in epoch 6.

Run as a script, by an interpreter that has the package and no TensorFlow.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from tb_stability.metadata import LOSS, WINDOWS, SeriesMetadata
from tb_stability.writer import EventWriter

EPOCHS = 10
STEPS = 20
FIRST_NAN = 6


def write_run(log_dir: Path, *, fails: bool) -> None:
    windows = SeriesMetadata(WINDOWS, rows=("window",))
    loss = SeriesMetadata(LOSS, rows=("loss",))
    writer = EventWriter(log_dir)
    for epoch in range(EPOCHS):
        is_nan = fails and epoch >= FIRST_NAN
        value = math.nan if is_nan else 1.0 / (1 + epoch)
        statistics = {
            "mean": value,
            "min": value,
            "max": value,
            "last": value,
            "count": STEPS,
            "nonfinite": STEPS if is_nan else 0,
            "argmax": 0,
            "first_nonfinite": 0 if is_nan else -1,
        }
        step = (epoch + 1) * STEPS
        writer.write(windows, [[epoch, STEPS]], step=step)
        writer.write(loss, [[statistics[name] for name in LOSS.statistics]], step=step)
    writer.close()


if __name__ == "__main__":
    logdir = Path(sys.argv[1])
    write_run(logdir / "good", fails=False)
    write_run(logdir / "bad", fails=True)

"""Trains runs with the stability callback, each into a directory of its own."""

from __future__ import annotations

import os
from pathlib import Path

from tb_stability_demo.case import DemoCase, DemoRun
from tb_stability_demo.run_directory import clear_run_directory
from tb_stability_demo.training import train


def record(case: DemoCase, run: DemoRun, seed: int, logdir: Path, label: str = "") -> None:
    """Trains one run into ``logdir/case/run``, with a line that shows how far it is.

    Args:
      case: The case.
      run: One of its runs.
      seed: To train from.
      logdir: Directory of all cases.
      label: Goes before the name of the run in the line.

    Raises:
      FileExistsError: If the directory holds anything but the event files of an earlier training.
      ImportError: Without TensorFlow and Keras.
    """
    # TensorFlow's notes about the machine would break into the line.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tb_stability import StabilityCallback
    from tb_stability_demo.progress import ProgressLine

    directory = logdir / case.name / run.name
    clear_run_directory(directory)
    progress = ProgressLine(f"{label}{case.name}/{run.name}")
    train(run, seed, [progress, StabilityCallback(directory, window_steps=case.window_steps)])
    progress.finish()

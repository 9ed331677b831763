"""Trains a run once, and keeps what judging it takes: rules change more often than runs do."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras

from benchmarks.detection.runs import LabelledRun
from tb_stability import StabilityCallback
from tb_stability.logdir import open_logdir
from tb_stability.series import RunSeries
from tb_stability_demo.run_directory import clear_run_directory

Logs = Mapping[str, Sequence[float]]


def is_trained(run: LabelledRun, logdir: Path) -> bool:
    """Tells whether a run was trained to its end into a logdir."""
    return _logs_file(run, logdir).exists()


def train(run: LabelledRun, logdir: Path) -> None:
    """Trains a run into ``logdir/name/seed_N`` and keeps Keras's logs beside it."""
    directory = _directory(run, logdir)
    clear_run_directory(directory)
    keras.utils.clear_session()  # the models of earlier runs would fill the memory
    with contextlib.redirect_stdout(io.StringIO()):  # the callback prints what it tells
        history = run.train([StabilityCallback(directory, **run.options)])
    logs = {name: [float(value) for value in values] for name, values in history.history.items()}
    # Written last: it says that the run has finished.
    _logs_file(run, logdir).write_text(json.dumps(logs))


def logs_of(run: LabelledRun, logdir: Path) -> Logs:
    """Returns what Keras logged of a trained run, a value an epoch."""
    logs: Logs = json.loads(_logs_file(run, logdir).read_text())
    return logs


def series_of(run: LabelledRun, logdir: Path) -> RunSeries:
    """Reads what the callback measured of a trained run, as TensorBoard does."""
    reader, experiment_id = open_logdir(str(_directory(run, logdir)))
    (name,) = reader.list_runs(experiment_id=experiment_id)
    _, series = reader.read(name, experiment_id=experiment_id)
    return series


def _directory(run: LabelledRun, logdir: Path) -> Path:
    return logdir / run.name / f"seed_{run.seed}"


def _logs_file(run: LabelledRun, logdir: Path) -> Path:
    return _directory(run, logdir).with_suffix(".json")

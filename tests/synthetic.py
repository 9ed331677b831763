"""Runs made of numbers instead of training, as series in memory or as event files."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from tb_stability import metadata
from tb_stability.metadata import Quantity, SeriesMetadata
from tb_stability.record import LayerRecord, RunRecord, Status
from tb_stability.series import RunSeries, Series, Windows
from tb_stability.writer import EventWriter

START = 1_767_225_600.0  # wall time of the first window; a window takes a second
LAYERS = ("embedding", "lstm", "dense")

Values = npt.NDArray[np.float32]


def windows(count: int, *, steps: int = 10, per_epoch: int = 2) -> Windows:
    """Returns windows of equal length, several an epoch."""
    last = (np.arange(count, dtype=np.int64) + 1) * steps
    return Windows(last - steps + 1, last, np.arange(count, dtype=np.int64) // per_epoch)


def per_step(values: npt.ArrayLike, *, steps: int = 10, noise: float = 0.2) -> Values:
    """Returns statistics of windows whose mean is given.

    A window whose mean is NaN or infinite has lost all of its steps. The minimum and maximum lie
    `noise` times the mean's magnitude from it.

    Args:
      values: Shape ``[windows]`` or ``[windows, rows]``.
      steps: Steps in a window.
      noise: Relative half-width of the band.

    Returns:
      float32, shape ``[windows, rows, statistics]``.
    """
    mean = np.asarray(values, dtype=np.float64)
    mean = mean[:, None] if mean.ndim == 1 else mean
    finite = np.isfinite(mean)
    band = np.where(finite, noise * np.abs(mean), 0.0)
    table = {
        "mean": mean,
        "min": mean - band,
        "max": mean + band,
        "last": mean,
        "count": np.full(mean.shape, steps),
        "nonfinite": np.where(finite, 0, steps),
        "argmax": np.full(mean.shape, steps // 2),
        "first_nonfinite": np.where(finite, -1, 0),
    }
    return np.stack([table[name] for name in metadata.PER_STEP], axis=-1).astype(np.float32)


def series(
    quantity: Quantity, values: Values, of: Windows, rows: Sequence[str], row_group: str = ""
) -> Series:
    """Returns a series with one record a window."""
    return Series(
        SeriesMetadata(quantity, tuple(rows), row_group),
        of.last_step,
        of.first_step,
        of.epoch,
        START + np.arange(len(of), dtype=np.float64),
        values,
    )


def run(
    loss: npt.ArrayLike,
    *,
    gradients: npt.ArrayLike | None = None,
    rates: npt.ArrayLike | None = None,
    logs: Mapping[str, npt.ArrayLike] | None = None,
    per_epoch: int = 2,
    name: str = "run",
    record: RunRecord | None = None,
) -> RunSeries:
    """Returns a run from the mean loss, norms ``[windows, layers]`` and rates of its windows."""
    of = windows(len(np.asarray(loss)), per_epoch=per_epoch)
    found = [series(metadata.LOSS, per_step(loss), of, ("loss",))]
    if gradients is not None:
        found.append(series(metadata.GRADIENT_NORM, per_step(gradients), of, LAYERS))
    if rates is not None:
        table = np.asarray(rates, dtype=np.float32).reshape(-1, 1, 1)
        found.append(series(metadata.LEARNING_RATE, table, of, ("adam",)))
    ends = slice(per_epoch - 1, None, per_epoch)
    epochs = Windows(of.first_step[ends], of.last_step[ends], of.epoch[ends])
    for key, values in (logs or {}).items():
        table = np.asarray(values, dtype=np.float32).reshape(-1, 1, 1)
        found.append(series(metadata.EPOCH_LOGS, table, epochs, (key,), row_group=key))
    return RunSeries(name, of, tuple(found), record or run_record())


def run_record(status: Status = "finished") -> RunRecord:
    """Returns the record of a small LSTM."""
    return RunRecord(
        status=status,
        model="sequential",
        layers=tuple(LayerRecord(layer, layer.upper()) for layer in LAYERS),
        optimizer={"class_name": "Adam"},
        learning_rate=0.01,
        loss="mse",
    )


def write(run: RunSeries, log_dir: pathlib.Path) -> pathlib.Path:
    """Writes a run as the callback does, and returns the path of its event file."""
    writer = EventWriter(log_dir)
    if run.record:
        writer.write_record(run.record, int(run.windows.first_step[0]))
    write_windows(writer, run, range(len(run.windows)))
    writer.close()
    return pathlib.Path(writer.path)


def write_windows(writer: EventWriter, run: RunSeries, indices: range) -> None:
    """Writes some windows of a run, each as one event."""
    of = run.windows
    window_metadata = SeriesMetadata(metadata.WINDOWS, ("window",))
    for index in indices:
        step = int(of.last_step[index])
        steps = step - int(of.first_step[index]) + 1
        epochs = 1 if of.epochs_in is None else of.epochs_in[index]
        measured = [(window_metadata, np.array([[of.epoch[index], steps, epochs]], np.float32))]
        for item in run.series:
            (at,) = np.nonzero(item.step == step)
            measured += [(item.metadata, item.values[position]) for position in at]
        writer.write_window(step, measured, wall_time=START + index)


def exploding(name: str = "run") -> RunSeries:
    """Twelve healthy windows, then gradients that grow for two windows until all is NaN.

    The gradient of the lstm leaves its baseline in window 12 (step 121, epoch 6), the loss breaks
    in window 14 (step 141, epoch 7).
    """
    loss = np.concatenate([1.0 - 0.05 * np.arange(12), [0.5, 0.9], np.full(4, np.nan)])
    norms = np.tile([0.5, 2.0, 1.0], (18, 1)) * (1 + 0.1 * np.sin(np.arange(18)))[:, None]
    norms[12:14, 1] *= (30.0, 3000.0)
    norms[13, 0] *= 1000.0
    norms[14:] = np.nan
    return run(loss, gradients=norms, rates=np.full(18, 0.01), name=name)


def healthy(windows: int = 18, name: str = "run") -> RunSeries:
    """A loss that falls, and calm gradients."""
    rng = np.random.default_rng(0)
    loss = 0.3 + np.exp(-np.arange(windows) / 6) + rng.normal(0, 0.01, windows)
    norms = np.array([0.5, 2.0, 1.0]) * 10 ** rng.normal(0, 0.05, (windows, 3))
    logs = {"loss": loss[1::2], "val_loss": loss[1::2] + 0.05}
    return run(loss, gradients=norms, rates=np.full(windows, 0.01), logs=logs, name=name)

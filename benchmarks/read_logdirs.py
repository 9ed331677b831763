"""Logdirs of a known size, written by the real writer."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tb_stability import metadata
from tb_stability.metadata import SeriesMetadata
from tb_stability.record import LayerRecord, RunRecord
from tb_stability.writer import EventWriter

STEPS = 100  # of a window
EPOCHS = 20
SECONDS = 2.0  # from one window to the next

_PER_LAYER = (
    metadata.GRADIENT_NORM,
    dataclasses.replace(metadata.GRADIENT_NORM, name="weight_norm", title="Weight norm"),
    dataclasses.replace(metadata.GRADIENT_NORM, name="update_ratio", title="Update ratio"),
)


@dataclasses.dataclass(frozen=True)
class Size:
    """How much is written.

    Attributes:
      layers: Rows of each heatmap.
      windows: Records of each tag of a run.
      runs: Number of runs.
      quantities: Heatmaps with a row for each layer, one to three.
    """

    layers: int
    windows: int
    runs: int = 1
    quantities: int = 1

    def __str__(self) -> str:
        return (
            f"{self.runs} x {self.layers:,} layers x {self.windows:,} windows"
            f" x {self.quantities} quantities"
        )


def write_runs(logdir: pathlib.Path, size: Size) -> int:
    """Writes runs as the callback does, half of them exploding; returns their size in bytes."""
    for index in range(size.runs):
        _write_run(logdir / f"run{index}", size, seed=index)
    return sum(path.stat().st_size for path in logdir.rglob("*tfevents*"))


def write_foreign_runs(logdir: pathlib.Path, runs: int, points: int) -> int:
    """Writes runs as Keras' own TensorBoard callback does: a loss for training and validation."""
    for index in range(runs):
        rng = np.random.default_rng(index)
        loss = 0.3 + np.exp(-np.arange(points) / points * 5) + rng.normal(0, 0.01, points)
        for part, values in (("train", loss), ("validation", loss + 0.05)):
            writer = EventFileWriter(str(logdir / f"run{index}" / part))
            for step, value in enumerate(values):
                writer.add_event(_scalar("epoch_loss", step, float(value), first=step == 0))
            writer.close()
    return sum(path.stat().st_size for path in logdir.rglob("*tfevents*"))


def _write_run(log_dir: pathlib.Path, size: Size, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = tuple(f"block_{index // 10}/layer_{index}" for index in range(size.layers))
    of_layers = [SeriesMetadata(one, layers) for one in _PER_LAYER[: size.quantities]]
    of_windows = SeriesMetadata(metadata.WINDOWS, ("window",))
    of_loss = SeriesMetadata(metadata.LOSS, ("loss",))
    level = 10 ** rng.normal(0, 1, size.layers)
    per_epoch = max(size.windows // EPOCHS, 1)
    writer = EventWriter(log_dir)
    writer.write_record(_record(layers), 1)
    for window in range(size.windows):
        grown = 1e3 if seed % 2 and window > 0.9 * size.windows else 1.0
        loss = grown * (0.3 + np.exp(-5 * window / size.windows)) + rng.normal(0, 0.01)
        measured = [
            (of_windows, np.array([[window // per_epoch, STEPS, 1]], np.float32)),
            (of_loss, _statistics(np.array([loss]), rng)),
        ]
        norms = grown * level * 10 ** rng.normal(0, 0.1, size.layers)
        measured += [(one, _statistics(norms, rng)) for one in of_layers]
        writer.write_window((window + 1) * STEPS, measured, wall_time=1.7e9 + SECONDS * window)
        if (window + 1) % per_epoch == 0:
            _write_logs(writer, loss, (window + 1) * STEPS, 1.7e9 + SECONDS * window)
    writer.write_record(_record(layers, status="finished"), size.windows * STEPS)
    writer.close()


def _write_logs(writer: EventWriter, loss: float, step: int, wall_time: float) -> None:
    measured = [
        (SeriesMetadata(metadata.EPOCH_LOGS, (name,), row_group=name), np.array([[loss]]))
        for name in ("loss", "val_loss")
    ]
    writer.write_window(step, measured, wall_time=wall_time)


def _record(layers: tuple[str, ...], status: str = "training") -> RunRecord:
    return RunRecord(
        status="finished" if status == "finished" else "training",
        model="sequential",
        layers=tuple(LayerRecord(name, "Dense", 1000) for name in layers),
        optimizer={"class_name": "Adam"},
        learning_rate=0.01,
        loss="mse",
    )


def _statistics(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Returns float32 ``[rows, statistics]`` of windows whose steps lie about a mean."""
    table = np.empty((len(mean), len(metadata.PER_STEP)), np.float32)
    columns = {name: table[:, index] for index, name in enumerate(metadata.PER_STEP)}
    columns["mean"][:] = mean
    columns["min"][:] = mean - 0.2 * np.abs(mean)
    columns["max"][:] = mean + 0.2 * np.abs(mean)
    columns["last"][:] = mean
    columns["count"][:] = STEPS
    columns["nonfinite"][:] = 0
    columns["argmax"][:] = rng.integers(0, STEPS, len(mean))
    columns["first_nonfinite"][:] = -1
    return table


def _scalar(tag: str, step: int, value: float, *, first: bool) -> event_pb2.Event:
    item = summary_pb2.Summary.Value(tag=tag, simple_value=value)
    if first:
        item.metadata.plugin_data.plugin_name = "scalars"
        item.metadata.data_class = summary_pb2.DATA_CLASS_SCALAR
    return event_pb2.Event(
        wall_time=1.7e9 + step, step=step, summary=summary_pb2.Summary(value=[item])
    )

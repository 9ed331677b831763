"""The runs that the browser tests look at, written by the real writer."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tb_stability import metadata
from tb_stability.metadata import Quantity
from tb_stability.record import RunRecord
from tb_stability.series import RunSeries
from tb_stability.writer import EventWriter
from tests import synthetic

FAULTY = "faulty"  # `synthetic.exploding`: explodes in epoch 6, NaN in epoch 7
FIXED = "fixed"  # `synthetic.healthy`
LONG = "long"  # 300 epochs of one window
SPIKE = "spike"  # 2,000 windows, one step of which is out of the ordinary: see `spike`
SPIKE_WINDOW = 1234
NESTED = "nested"  # 41 rows below two nested models, 30 time steps, 4 classes
NESTED_OTHER = "nested_other"  # the same with other numbers
DEEP = "deep"  # a thousand rows
DEEP_ROWS = 1000
NONFINITE = "nonfinite"  # a cell of each kind: see `nonfinite`
GAPPED = "gapped"  # epochs 3 and 4 are not there
BARE = "waiting"  # a run record, and nothing measured yet
REPORTED = "reported"  # what keras.callbacks.TensorBoard logs, of case 13 of DESIGN.md
SWEEP = {"sweep/rate_0.001": 0.001, "sweep/rate_0.01": 0.01, "sweep/rate_0.1": 0.1}

MARKUP = "<img src=x onerror=alert(1)>"
SCRIPT_END = "</script><script>alert(2)</script>"  # nested directories, as its slashes say
UNICODE = "Lauf 7 · 学習率=1e\u22123 \u202edesrever"  # with a minus sign, and right to left
HOSTILE_RUNS = (MARKUP, SCRIPT_END, UNICODE)
HOSTILE_ROWS = (MARKUP, '"><script>alert(3)</script>', "=1+1", "a" * 10_000)

TIME_STEPS = 30
CLASSES = 4
CELL_STATE = Quantity("cell_state", "Cell state", "Size of the state.", "time step", scale="log")
CLASS_LOGITS = Quantity("class_logits", "Logits by class", "Mean logit.", "class")

REPORTED_LOSS = (
    *(0.465021, 0.413693, 0.421768, 0.405373, 0.40406, 0.357218, 0.415895, 0.364562, 0.377893),
    *(0.366968, 0.71977, 0.805769, 1.049581),
)
REPORTED_VALIDATION_LOSS = (
    *(0.354633, 0.325593, 0.329558, 0.31995, 0.332836, 0.329943, 0.317114, 0.315282, 0.327583),
    *(0.327651, 0.759003, 0.806098, 1.036387),
)

NESTED_ROWS = (
    "embedding",
    *(f"encoder/block_{block}/{layer}" for block in range(6) for layer in ("a", "b", "c", "d")),
    *(f"decoder/block_{block}/{layer}" for block in range(5) for layer in ("a", "b", "c")),
    "logits",
)


def write_all(logdir: pathlib.Path) -> None:
    """Writes every run named above below a logdir."""
    synthetic.write(synthetic.exploding(), logdir / FAULTY)
    synthetic.write(synthetic.healthy(), logdir / FIXED)
    long = synthetic.run(np.linspace(2, 1, 300), gradients=np.ones((300, 3)), per_epoch=1)
    synthetic.write(long, logdir / LONG)
    synthetic.write(spike(), logdir / SPIKE)
    synthetic.write(nested(), logdir / NESTED)
    synthetic.write(nested(NESTED_OTHER, seed=2), logdir / NESTED_OTHER)
    synthetic.write(deep(), logdir / DEEP)
    synthetic.write(nonfinite(), logdir / NONFINITE)
    synthetic.write(gapped(), logdir / GAPPED)
    write_bare(logdir / BARE)
    write_scalars(logdir / REPORTED / "train", {"epoch_loss": REPORTED_LOSS})
    write_scalars(logdir / REPORTED / "validation", {"epoch_loss": REPORTED_VALIDATION_LOSS})
    for name, rate in SWEEP.items():
        synthetic.write(of_sweep(rate), logdir / name)
    for name in HOSTILE_RUNS:
        synthetic.write(hostile(), logdir / name)


def spike() -> RunSeries:
    """More windows than a screen has pixels; in one of them one step has a norm of 1000."""
    run = synthetic.run(np.linspace(1, 0.5, 2000), gradients=np.ones((2000, 3)), per_epoch=100)
    table = run.series[1].values.copy()
    table[SPIKE_WINDOW, 1, metadata.PER_STEP.index("max")] = 1000.0
    gradients = dataclasses.replace(run.series[1], values=table)
    return dataclasses.replace(run, series=(run.series[0], gradients))


def nonfinite() -> RunSeries:
    """Twelve windows with calm gradients, but for window 4 (NaN, +Inf, -Inf) and window 8.

    In window 8 the embedding was not measured, and three of ten steps of the lstm were not finite.
    """
    norms = np.tile([0.5, 2.0, 1.0], (12, 1))
    norms[4] = np.nan, np.inf, -np.inf
    run = synthetic.run(np.linspace(1, 0.5, 12), gradients=norms)
    table = run.series[1].values.copy()
    statistic = metadata.PER_STEP.index
    table[8, 0] = [np.nan, np.nan, np.nan, np.nan, 0, 0, -1, -1]
    table[8, 1, statistic("nonfinite")] = 3
    table[8, 1, statistic("first_nonfinite")] = 2
    gradients = dataclasses.replace(run.series[1], values=table)
    return dataclasses.replace(run, series=(run.series[0], gradients))


def nested(name: str = NESTED, seed: int = 1) -> RunSeries:
    """A model of nested models, with states over time steps and logits over classes."""
    rng = np.random.default_rng(seed)
    of = synthetic.windows(40, per_epoch=4)
    norms = 10 ** rng.normal(0, 0.05, (40, len(NESTED_ROWS))) * np.geomspace(1, 9, len(NESTED_ROWS))
    state = np.linspace(0.1, 2, TIME_STEPS) * (1 + np.arange(40)[:, None] / 40)
    logits = np.linspace(-1, 1, CLASSES) * np.linspace(0.1, 3, 40)[:, None]
    steps = [f"t = {step}" for step in range(TIME_STEPS)]
    classes = [str(number) for number in range(CLASSES)]
    loss = synthetic.per_step(np.linspace(1, 0.4, 40))
    series = synthetic.series
    return RunSeries(
        name,
        of,
        (
            series(metadata.LOSS, loss, of, ("loss",)),
            series(metadata.GRADIENT_NORM, synthetic.per_step(norms), of, NESTED_ROWS),
            series(CELL_STATE, synthetic.per_step(state), of, steps, "encoder/lstm"),
            series(CLASS_LOGITS, synthetic.per_step(logits), of, classes, "logits"),
        ),
        synthetic.run_record(),
    )


def deep() -> RunSeries:
    """A model of so many layers that their rows have to scroll."""
    of = synthetic.windows(12)
    norms = np.geomspace(1e-3, 1e3, DEEP_ROWS) * np.ones((12, 1))
    layers = [f"layer_{index}" for index in range(DEEP_ROWS)]
    loss = synthetic.per_step(np.linspace(1, 0.5, 12))
    return RunSeries(
        DEEP,
        of,
        (
            synthetic.series(metadata.LOSS, loss, of, ("loss",)),
            synthetic.series(metadata.GRADIENT_NORM, synthetic.per_step(norms), of, layers),
        ),
        synthetic.run_record(),
    )


def gapped() -> RunSeries:
    """A healthy run of which windows 6 to 9 (steps 61 to 100) are not there."""
    run = synthetic.healthy()
    keep = np.delete(np.arange(18), slice(6, 10))
    first = run.windows.first_step[keep]
    of = dataclasses.replace(
        run.windows,
        first_step=first,
        last_step=run.windows.last_step[keep],
        epoch=run.windows.epoch[keep],
    )
    return dataclasses.replace(run, windows=of)


def of_sweep(rate: float) -> RunSeries:
    """A run at a learning rate: 0.1 is too high, and 0.01 ends with the better accuracy."""
    run = synthetic.exploding() if rate == 0.1 else synthetic.healthy()
    epochs = run.windows.epoch.max() + 1
    accuracy = {0.001: np.linspace(0.5, 0.7, epochs), 0.01: np.linspace(0.5, 0.9, epochs)}.get(
        rate, np.linspace(0.8, 0.1, epochs)
    )
    logged = synthetic.run(
        run.series[0].statistic("mean")[:, 0],
        gradients=run.series[1].statistic("mean"),
        logs={"val_accuracy": accuracy},
    )
    return dataclasses.replace(
        logged, record=dataclasses.replace(synthetic.run_record(), learning_rate=rate)
    )


def hostile() -> RunSeries:
    """A healthy run whose rows have names that no program should trust."""
    run = synthetic.healthy()
    norms = np.ones((18, len(HOSTILE_ROWS)))
    gradients = synthetic.series(
        metadata.GRADIENT_NORM, synthetic.per_step(norms), run.windows, HOSTILE_ROWS
    )
    return dataclasses.replace(run, series=(run.series[0], gradients))


def write_scalars(log_dir: pathlib.Path, scalars: dict[str, Sequence[float]]) -> None:
    """Writes scalars as other loggers do, one an epoch, with nothing of ours."""
    writer = EventFileWriter(str(log_dir))
    for tag, values in scalars.items():
        for epoch, number in enumerate(values):
            value = summary_pb2.Summary.Value(tag=tag, simple_value=number)
            summary = summary_pb2.Summary(value=[value])
            wall_time = synthetic.START + epoch
            writer.add_event(event_pb2.Event(step=epoch, wall_time=wall_time, summary=summary))
    writer.close()


def write_bare(log_dir: pathlib.Path) -> None:
    """Writes what a callback writes before its first window ends."""
    writer = EventWriter(log_dir)
    writer.write_record(synthetic.run_record("training"), 1)
    writer.close()


class Training:
    """A run that is still being trained: its windows are written when a test says so."""

    def __init__(self, log_dir: pathlib.Path, run: RunSeries) -> None:
        self.run = run
        self.written = 0
        self.writer = EventWriter(log_dir)
        self.record: RunRecord = synthetic.run_record("training")
        self.writer.write_record(self.record, 1)

    def write(self, count: int) -> None:
        """Writes the next windows, as the callback does at the end of each."""
        following = range(self.written, self.written + count)
        synthetic.write_windows(self.writer, self.run, following)
        self.writer.flush()
        self.written += count

    def finish(self) -> None:
        """Writes that training has ended."""
        record = dataclasses.replace(self.record, status="finished")
        self.writer.write_record(record, int(self.run.windows.last_step[self.written - 1]))
        self.writer.close()

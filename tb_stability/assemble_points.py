"""Puts a run together from points that a standard logger wrote.

Points become what the callback would have written, as far as they go: where steps are epochs, epoch
logs; else windows of neighbouring points, since a rule that waits for three windows is not to be
told three batches.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping

import numpy as np

from tb_stability import log_names
from tb_stability.merging import merge_windows
from tb_stability.metadata import (
    EPOCH_LOGS,
    GRADIENT_NORM,
    LEARNING_RATE,
    LOSS,
    PER_STEP,
    SeriesMetadata,
)
from tb_stability.points import Points
from tb_stability.series import FloatArray, IntArray, RunSeries, Series, Windows, to_float32

# Windows of a run, at most. Points are merged by twos, fours, eights..., so that a window that is
# full stays as it is until the run has doubled.
MAX_WINDOWS = 256

# As many consecutive steps are taken for epochs, if nothing says that they are not: who logs every
# batch has more of them, and who trains for more epochs logs the validation loss with each.
MAX_EPOCHS_UNTOLD = 200

VALIDATION_LOSS = log_names.VALIDATION_PREFIX + log_names.LOSS

_WHOLE_MODEL = dataclasses.replace(
    GRADIENT_NORM, description="Norm of the gradient of the whole model, as it was logged."
)


def steps_are_epochs(points_of: Mapping[str, Points]) -> bool:
    """Returns whether steps that nothing is said about look like epochs.

    They do where they are consecutive from 0 or 1 on, and either the validation loss is known at
    every one of them, but for the last that is under way, or they are few.
    """
    training, validation = points_of.get(log_names.LOSS), points_of.get(VALIDATION_LOSS)
    loss = training or validation
    if loss is None or loss.step[0] not in (0, 1) or np.any(np.diff(loss.step) != 1):
        return False
    if training and validation and np.all(np.isin(training.step[:-1], validation.step)):
        return True
    return len(loss) <= MAX_EPOCHS_UNTOLD


def run_of_epochs(run: str, points_of: Mapping[str, Points]) -> RunSeries:
    """Returns a run whose steps are its epochs.

    Args:
      run: Its name.
      points_of: What was logged, by the name that Keras would give it; at least one.
    """
    epoch = np.unique(np.concatenate([points.step for points in points_of.values()]))
    first_epoch = int(epoch[0]) if epoch[0] <= 1 else 0
    missing = int(epoch[-1]) - first_epoch + 1 - len(epoch)
    series = []
    for name, points in points_of.items():
        # A logger that writes a line an epoch has one axis, and many runs keep it once each.
        step = epoch if np.array_equal(points.step, epoch) else points.step
        points = dataclasses.replace(points, step=step)
        series.append(_series(_metadata(name, of_steps=False), points, step, step))
    return RunSeries(
        run,
        Windows(epoch, epoch, epoch, first_epoch=first_epoch),
        tuple(series),
        notes=(f"{missing} of {missing + len(epoch)} epochs are missing.",) if missing else (),
    )


def run_of_steps(
    run: str, points_of: Mapping[str, Points], curve: Points, epochs: Points | None
) -> RunSeries:
    """Returns a run whose steps are the optimizer's, or any others that are no epochs.

    Args:
      run: Its name.
      points_of: What was logged, by the name that Keras would give it.
      curve: The points that make the windows.
      epochs: Epoch at some of the steps, None where nothing is known of epochs.
    """
    windows = _merged_windows(curve, epochs)
    series = []
    for name, points in points_of.items():
        metadata = _metadata(name, of_steps=True)
        single = _series(metadata, points, points.since, _epoch_of(points.step, epochs))
        series.append(_merged(single) if metadata.quantity.statistics == PER_STEP else single)
    notes = () if epochs else ("Its epochs are unknown and shown as epoch 0.",)
    return RunSeries(run, windows, tuple(series), notes=notes)


def _merged_windows(curve: Points, epochs: Points | None) -> Windows:
    starts, ends = _merged_spans(len(curve))
    return Windows(curve.since[starts], curve.step[ends], _epoch_of(curve.step[starts], epochs))


def _merged_spans(points: int) -> tuple[IntArray, IntArray]:
    """Returns the first and the last point of each window."""
    width = 1
    while points > width * MAX_WINDOWS:
        width *= 2
    starts = np.arange(0, points, width)
    return starts, np.append(starts[1:], points) - 1


def _merged(series: Series) -> Series:
    starts, ends = _merged_spans(len(series))
    return dataclasses.replace(
        series,
        step=series.step[ends],
        first_step=series.first_step[starts],
        epoch=series.epoch[starts],
        wall_time=series.wall_time[ends],
        values=merge_windows(series.values, series.statistics, series.first_step, starts),
    )


def _epoch_of(step: IntArray, epochs: Points | None) -> IntArray:
    """Returns the epoch of each step; 0 where the epochs are unknown.

    Lightning logs the number of the epoch that is under way, Hugging Face's Trainer the share of
    the data that is done, as ``train/epoch``: there the first epoch ends with 1.0.
    """
    if epochs is None:
        return np.zeros(len(step), dtype=np.int64)
    known = np.where(np.isfinite(epochs.value), np.clip(epochs.value, 0, 2**31), 0)
    is_share = epochs.tag != log_names.EPOCH or np.any(known % 1)
    number = np.maximum(np.ceil(known) - 1, 0) if is_share else known
    index = np.minimum(np.searchsorted(epochs.step, step), len(epochs) - 1)
    return np.maximum.accumulate(number[index]).astype(np.int64)


# Hundreds of runs log under the same few names.
@functools.lru_cache(maxsize=256)
def _metadata(name: str, *, of_steps: bool) -> SeriesMetadata:
    if name == log_names.LEARNING_RATE:
        return SeriesMetadata(LEARNING_RATE, rows=(name,))
    if name == log_names.GRADIENT_NORM:
        return SeriesMetadata(_WHOLE_MODEL, rows=("model",))
    if name == log_names.LOSS and of_steps:
        return SeriesMetadata(LOSS, rows=(name,))
    return SeriesMetadata(EPOCH_LOGS, rows=(name,), row_group=name)


def _series(
    metadata: SeriesMetadata, points: Points, first_step: IntArray, epoch: IntArray
) -> Series:
    values = _values(metadata, points, first_step)
    return Series(metadata, points.step, first_step, epoch, points.wall_time, values)


def _values(metadata: SeriesMetadata, points: Points, first_step: IntArray) -> FloatArray:
    value = to_float32(points.value)
    if metadata.quantity.statistics != PER_STEP:
        return value.reshape(-1, 1, 1)
    nonfinite = ~np.isfinite(value)
    position = (points.step - first_step).astype(np.float32)
    statistics = dict.fromkeys(("mean", "min", "max", "last"), value) | {
        "count": np.ones(len(value)),
        "nonfinite": nonfinite,
        "argmax": position,
        "first_nonfinite": np.where(nonfinite, position, -1),
    }
    return np.stack([statistics[name] for name in PER_STEP], axis=-1)[:, None].astype(np.float32)

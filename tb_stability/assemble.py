"""Puts a run together from the tensors of its tags.

Nothing is invented and nothing raises for what a file holds: records that do not fit the contract
are left out, and the run's notes say which and why.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from tensorboard.data.provider import TensorTimeSeries

from tb_stability import metadata
from tb_stability.merging import MOST_COUNT
from tb_stability.natural_sort import natural_key
from tb_stability.record import RunRecord
from tb_stability.records import NO_RECORDS, Records
from tb_stability.series import (
    MAX_STEP,
    BoolArray,
    FloatArray,
    IntArray,
    RunSeries,
    Series,
    Windows,
    counted_on,
)

Tags = dict[str, TensorTimeSeries]

# Quantities that people look at first; any other comes after them, by tag.
_DISPLAY_ORDER = ("loss", "epoch_logs", "learning_rate", "gradient_norm")

# Statistics that count steps, measurements or epochs, and so are whole numbers from -1 up.
COUNTED = frozenset(("count", "nonfinite", "argmax", "first_nonfinite", "epoch", "steps", "epochs"))

_CELLS = 2**15

RUN_RECORD_TAG = metadata.tag_of(metadata.RUN_RECORD.name)
WINDOWS_TAG = metadata.tag_of(metadata.WINDOWS.name)


def assemble_run(run: str, tags: Tags, data: Mapping[str, Records]) -> RunSeries:
    """Returns a run's series from what a TensorBoard data provider lists and reads.

    Args:
      run: Name of the run.
      tags: The provider's listing of each tag.
      data: What was read of each tag.
    """
    notes: list[str] = []
    records: dict[str, _ValidRecords] = {}
    for tag in sorted(tags, key=display_key):
        try:
            series = parse_listed(tag, tags[tag])
        except metadata.MetadataError as error:
            notes.append(f"{tag} was skipped: {error}.")
            continue
        if tag != RUN_RECORD_TAG:
            records[tag] = _records(series, data.get(tag, NO_RECORDS), notes)
    windows = _windows(records.pop(WINDOWS_TAG, None), list(records.values()), notes)
    return RunSeries(
        run=run,
        windows=windows,
        series=tuple(_series(item, windows) for item in records.values() if len(item.step)),
        record=_run_record(data.get(RUN_RECORD_TAG, NO_RECORDS), notes),
        notes=tuple(notes),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class _ValidRecords:
    """The valid records of one tag: steps ascend, and each occurs once.

    `repeated` is the number of those that took the place of an earlier one.
    """

    metadata: metadata.SeriesMetadata
    step: IntArray
    wall_time: FloatArray
    values: FloatArray
    repeated: int


def parse_listed(tag: str, listed: TensorTimeSeries) -> metadata.SeriesMetadata:
    """Returns the metadata of a tag of the provider's listing.

    Raises:
      MetadataError: If they are not those of a series, or of another tag.
    """
    series = metadata.parse_plugin_metadata(
        listed.plugin_content, listed.display_name, listed.description
    )
    if series.tag != tag:
        raise metadata.MetadataError(f"its metadata belongs to the tag {series.tag}")
    return series


def display_key(tag: str) -> tuple[int, list[tuple[int, int, str, str]]]:
    """Returns what sorts tags in the order in which they are best shown."""
    quantity = tag.split("/")[1] if "/" in tag else tag
    rank = _DISPLAY_ORDER.index(quantity) if quantity in _DISPLAY_ORDER else len(_DISPLAY_ORDER)
    return rank, natural_key(tag)


def _records(series: metadata.SeriesMetadata, data: Records, notes: list[str]) -> _ValidRecords:
    shape = (len(series.rows), len(series.quantity.statistics))
    in_range = (data.step >= 0) & (data.step <= MAX_STEP)
    if not in_range.all():
        notes.append(
            f"{np.sum(~in_range)} of {len(data)} records of {series.tag} were skipped: their steps "
            f"are not from 0 to {MAX_STEP}."
        )
        data = data.at(np.flatnonzero(in_range))
    fits = data.fits(shape)
    fitting = data if fits.all() else data.at(np.flatnonzero(fits))
    step, wall_time, values = fitting.step, fitting.wall_time, fitting.stacked(shape)
    valid = _counts_are_numbers(values, series.quantity.statistics)
    bad = np.sum(~fits) + np.sum(~valid)
    if bad:
        # One that does not fit tells more than one with counts that are none.
        first = data.tensors[np.argmin(fits)] if not fits.all() else values[np.argmin(valid)]
        notes.append(
            f"{bad} of {len(data)} records of {series.tag} were skipped: one "
            f"has shape {list(first.shape)} and type {first.dtype}, its metadata promises floats "
            f"of shape {list(shape)}, with counts that are numbers."
        )
    # A step that was written twice, by a run restarted in the same directory, counts once: the
    # later record is the one from which training went on.
    kept = np.flatnonzero(valid)
    order = kept[np.argsort(step[kept], kind="stable")]
    is_latest = np.append(np.diff(step[order]) > 0, True)[: len(order)]
    keep = order[is_latest]
    repeated = int(np.sum(np.diff(np.flatnonzero(is_latest), prepend=-1) > 1))
    # Nearly always everything is kept in the order in which it came: nothing is copied then.
    if not np.array_equal(keep, np.arange(len(values))):
        step, wall_time, values = step[keep], wall_time[keep], values[keep]
    return _ValidRecords(series, step, wall_time, values, repeated)


def _counts_are_numbers(values: FloatArray, statistics: Sequence[str]) -> BoolArray:
    """Returns which records hold numbers from -1 up wherever something is counted."""
    valid = np.ones(len(values), dtype=bool)
    counted = [index for index, name in enumerate(statistics) if name in COUNTED]
    # A few records at once, which the processor's cache holds.
    portion = max(_CELLS // max(values.shape[1], 1), 1)
    for begin in range(0, len(values) if counted else 0, portion):
        counts = values[begin : begin + portion][:, :, counted]
        fits = (counts >= -1) & (counts <= MOST_COUNT)
        valid[begin : begin + portion] = fits.all(axis=(1, 2))
    return valid


def tells_epochs(windows: metadata.SeriesMetadata) -> bool:
    """Returns whether a run's windows can be made of the records of ``stability/windows``."""
    return windows.quantity.statistics[:2] == metadata.WINDOW[:2]


def _windows(
    records: _ValidRecords | None, others: Sequence[_ValidRecords], notes: list[str]
) -> Windows:
    if records is None or not tells_epochs(records.metadata):
        steps = [item.step for item in others]
        last_step = np.unique(np.concatenate(steps)) if steps else np.zeros(0, dtype=np.int64)
        if len(last_step):
            notes.append(
                "The run has no stability/windows: its epochs are unknown and shown as epoch 0."
            )
        first_step = np.minimum(np.append(1, last_step[:-1] + 1)[: len(last_step)], last_step)
        return Windows(first_step, last_step, np.zeros(len(last_step), dtype=np.int64))
    epoch, steps_in_window = np.maximum(records.values[:, 0, :2], (0, 1)).astype(np.int64).T
    epochs_in = None
    if records.metadata.quantity.statistics[2:3] == metadata.WINDOW[2:]:
        epochs_in = np.clip(records.values[:, 0, 2].astype(np.int64), 1, epoch + 1)
    first_step = records.step - steps_in_window + 1
    windows = Windows(first_step, records.step, counted_on(epoch, epochs_in), epochs_in=epochs_in)
    if records.repeated:
        notes.append(
            f"{records.repeated} of {len(windows)} windows were recorded more than once, by two "
            "writers or by a training that was started again: the last record counts."
        )
    _note_gaps(windows, notes)
    return windows


def _note_gaps(windows: Windows, notes: list[str]) -> None:
    # Compared with the step before the first window, so that a lost beginning is noticed as well.
    missing = windows.first_step - np.append(0, windows.last_step[:-1])[: len(windows)] - 1
    gaps = np.flatnonzero(missing > 0)
    if len(gaps):
        first = gaps[0]
        notes.append(
            f"{missing[gaps].sum()} of {windows.last_step[-1]} steps are missing, the first of "
            f"them step {windows.first_step[first] - missing[first]}: either they were not logged, "
            "or TensorBoard kept a sample only (--samples_per_plugin=stability=0 keeps all)."
        )


def _series(records: _ValidRecords, windows: Windows) -> Series:
    if np.array_equal(records.step, windows.last_step):
        # As most series have it, and one axis for all of them is kept once.
        step, first_step, epoch = windows.last_step, windows.first_step, windows.epoch
    else:
        step = records.step
        first_step, epoch = windows.first_steps_of(step), windows.epochs_of(step)
    return Series(records.metadata, step, first_step, epoch, records.wall_time, records.values)


def _run_record(data: Records, notes: list[str]) -> RunRecord | None:
    for step, tensor in zip(reversed(data.step), reversed(data.tensors), strict=True):
        try:
            text = tensor.item()
            return RunRecord.from_json(text.decode() if isinstance(text, bytes) else text)
        except (ValueError, TypeError, AttributeError) as error:
            notes.append(f"A run record at step {step} was skipped: {error}.")
    return None

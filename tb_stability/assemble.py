"""Puts a run together from the tensors of its tags.

Nothing is invented and nothing raises for what a file holds: records that do not fit the contract
are left out, and the run's notes say which and why.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
from tensorboard.data.provider import TensorDatum, TensorTimeSeries

from tb_stability import metadata
from tb_stability.merging import MOST_COUNT
from tb_stability.natural_sort import natural_key
from tb_stability.record import RunRecord
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


def assemble_run(run: str, tags: Tags, data: Mapping[str, Sequence[TensorDatum]]) -> RunSeries:
    """Returns a run's series from what a TensorBoard data provider lists and reads.

    Args:
      run: Name of the run.
      tags: The provider's listing of each tag.
      data: The provider's tensors of each tag.
    """
    notes: list[str] = []
    records: dict[str, _Records] = {}
    for tag in sorted(tags, key=display_key):
        try:
            series = parse_listed(tag, tags[tag])
        except metadata.MetadataError as error:
            notes.append(f"{tag} was skipped: {error}.")
            continue
        if tag != RUN_RECORD_TAG:
            records[tag] = _records(series, data.get(tag, ()), notes)
    windows = _windows(records.pop(WINDOWS_TAG, None), list(records.values()), notes)
    return RunSeries(
        run=run,
        windows=windows,
        series=tuple(_series(item, windows) for item in records.values() if len(item.step)),
        record=_run_record(data.get(RUN_RECORD_TAG, ()), notes),
        notes=tuple(notes),
    )


@dataclasses.dataclass(frozen=True, eq=False)
class _Records:
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


def _records(
    series: metadata.SeriesMetadata, data: Sequence[TensorDatum], notes: list[str]
) -> _Records:
    shape = (len(series.rows), len(series.quantity.statistics))
    total = len(data)
    data = [datum for datum in data if 0 <= datum.step <= MAX_STEP]
    if len(data) < total:
        notes.append(
            f"{total - len(data)} of {total} records of {series.tag} were skipped: their steps are "
            f"not from 0 to {MAX_STEP}."
        )
    fitting = [datum for datum in data if _fits(datum.numpy, shape)]
    values = np.empty((len(fitting), *shape), dtype=np.float32)
    if fitting:
        np.stack([datum.numpy for datum in fitting], out=values, casting="same_kind")
    valid = _counts_are_numbers(values, series.quantity.statistics)
    step = np.array([datum.step for datum in fitting], dtype=np.int64)
    wall_time = np.array([datum.wall_time for datum in fitting], dtype=np.float64)
    if len(fitting) < len(data) or not valid.all():
        bad = [datum.numpy for datum in data if not _fits(datum.numpy, shape)]
        bad += [fitting[index].numpy for index in np.flatnonzero(~valid)]
        notes.append(
            f"{len(bad)} of {len(data)} records of {series.tag} were skipped: one "
            f"has shape {list(bad[0].shape)} and type {bad[0].dtype}, its metadata promises floats "
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
    if not np.array_equal(keep, np.arange(len(fitting))):
        values = values[keep]
    return _Records(series, step[keep], wall_time[keep], values, repeated)


def _fits(tensor: np.ndarray, shape: tuple[int, int]) -> bool:
    return tensor.shape == shape and tensor.dtype.kind == "f"


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


def _windows(records: _Records | None, others: Sequence[_Records], notes: list[str]) -> Windows:
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


def _series(records: _Records, windows: Windows) -> Series:
    first_step, epoch = windows.first_steps_of(records.step), windows.epochs_of(records.step)
    return Series(
        records.metadata, records.step, first_step, epoch, records.wall_time, records.values
    )


def _run_record(data: Sequence[TensorDatum], notes: list[str]) -> RunRecord | None:
    for datum in reversed(data):
        try:
            text = datum.numpy.item()
            return RunRecord.from_json(text.decode() if isinstance(text, bytes) else text)
        except (ValueError, TypeError, AttributeError) as error:
            notes.append(f"A run record at step {datum.step} was skipped: {error}.")
    return None

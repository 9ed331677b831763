"""Makes one window of neighbouring ones, without losing what is striking. numpy only.

Used by the callback, which widens the windows of a long run, and by whatever shows more windows
than a screen has columns: both come to the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

# What float32 can count to without a gap: counts and positions are float32 in event files.
MOST_COUNT = 2**24

# Statistics that say that a series can be merged, and not only its last window be taken.
_OF_MEASUREMENTS = frozenset(("mean", "min", "max", "count", "nonfinite"))

# Cells that are merged at once: what is computed on the way then stays in the processor's cache.
_BLOCK = 2**15


def merge_windows(
    values: Values, statistics: Sequence[str], first_step: Integers, starts: Integers
) -> npt.NDArray[np.float32]:
    """Merges neighbouring windows of a series.

    Of a series with the statistics ``mean``, ``min``, ``max``, ``count`` and ``nonfinite``: the
    mean is that of the windows weighted by their finite measurements; minimum and maximum survive;
    `count` and `nonfinite` add up, to 2**24 at most; `last` is the last finite one; `argmax` and
    `first_nonfinite` still point at the step of the first maximum and of the first non-finite
    value, relative to the first step of the merged window. Any other statistic, and all of any
    other series, are those of the last window in which the row was measured.

    Args:
      values: Shape ``[windows, rows, statistics]``.
      statistics: Names of the last axis.
      first_step: First step of each window, shape ``[windows]``.
      starts: Where in `values` each merged window begins, ascending from 0, shape ``[merged]``.

    Returns:
      float32, shape ``[merged, rows, statistics]``.

    Example:

    >>> windows = np.array([[[1.0, 10.0]], [[2.0, 0.0]]])    # nothing was measured in the second
    >>> merge_windows(windows, ("value", "count"), np.array([1, 11]), np.array([0])).tolist()
    [[[1.0, 10.0]]]
    """
    if len(starts) == len(values):
        return values.astype(np.float32)
    merged = np.empty((len(starts), *values.shape[1:]), np.float32)
    names = {name: index for index, name in enumerate(statistics)}
    for block, windows in _blocks(starts, len(values), values.shape[1]):
        within = starts[block] - starts[block.start]
        _merge(values[windows], names, first_step[windows], within, merged[block])
    return merged


def _blocks(starts: Integers, windows: int, rows: int) -> Iterator[tuple[slice, slice]]:
    """Yields slices of the merged windows, each with that of the windows it is made of."""
    ends = np.append(starts[1:], windows)
    begin = 0
    while begin < len(starts):
        most = starts[begin] + max(_BLOCK // max(rows, 1), 1)
        end = max(int(np.searchsorted(ends, most, side="right")), begin + 1)
        yield slice(begin, end), slice(int(starts[begin]), int(ends[end - 1]))
        begin = end


def _merge(
    values: Values, names: dict[str, int], first_step: Integers, starts: Integers, merged: Values
) -> None:
    measured = np.ones(values.shape[:2], dtype=bool)
    if "count" in names:
        measured = values[..., names["count"]] > 0
    latest = last_where(measured, starts)
    merged[:] = _take(values, latest)
    if names.keys() >= _OF_MEASUREMENTS:
        _merge_measurements(values, names, measured, starts, merged)
        _merge_positions(values, names, measured, first_step, starts, merged)


def _merge_measurements(
    values: Values, names: dict[str, int], measured: Bools, starts: Integers, merged: Values
) -> None:
    """Merges sizes; where a merged window holds nothing finite, its last window stands."""
    column = {name: values[..., index] for name, index in names.items()}
    finite = measured & np.isfinite(column["mean"])
    some = np.logical_or.reduceat(finite, starts)
    # Nearly always everything is finite: nothing is to be kept out then.
    everything = bool(finite.all())

    def within(values: Values, otherwise: float) -> Values:
        return values if everything else np.where(finite, values, otherwise)

    weight = within(column["count"] - column["nonfinite"], 0.0).astype(np.float64)
    total = np.add.reduceat(weight, starts)
    weighted = np.add.reduceat(within(column["mean"], 0.0) * weight, starts)
    found = {
        "mean": weighted / np.where(total > 0, total, 1.0),
        "min": np.minimum.reduceat(within(column["min"], np.inf), starts),
        "max": np.maximum.reduceat(within(column["max"], -np.inf), starts),
    }
    if "last" in names:
        found["last"] = _take(column["last"], last_where(finite, starts))
    for name, result in found.items():
        np.copyto(merged[..., names[name]], result, where=some, casting="same_kind")
    for name in ("count", "nonfinite"):
        sums = np.add.reduceat(column[name], starts, dtype=np.float64)
        merged[..., names[name]] = np.minimum(sums, MOST_COUNT)


def _merge_positions(
    values: Values,
    names: dict[str, int],
    measured: Bools,
    first_step: Integers,
    starts: Integers,
    merged: Values,
) -> None:
    """Makes positions, which were relative to the window, relative to the merged one."""
    widths = np.diff(np.append(starts, len(values)))
    offset = (first_step - np.repeat(first_step[starts], widths))[:, None]
    if "argmax" in names:
        position = values[..., names["argmax"]] + offset
        finite = measured & np.isfinite(values[..., names["mean"]])
        highest = np.repeat(merged[..., names["max"]], widths, axis=0)
        best = _first_where(finite & (values[..., names["max"]] == highest), starts)
        # Where nothing is finite, the last window's stands, like its other statistics.
        some = np.logical_or.reduceat(finite, starts)
        at = np.where(some, best, last_where(measured, starts))
        merged[..., names["argmax"]] = _take(position, at)
    if "first_nonfinite" in names:
        position = values[..., names["first_nonfinite"]]
        broken = measured & (position >= 0)
        at = _first_where(broken, starts)
        earliest = _take(position + offset, at)
        some = np.logical_or.reduceat(broken, starts)
        merged[..., names["first_nonfinite"]] = np.where(some, earliest, -1.0)


def last_where(mask: Bools, starts: Integers) -> Integers:
    """Returns the index of each merged window's last true one, its last where none is true.

    One for each row, or for all rows where that is the same: shape ``[merged, rows or 1]``.
    """
    ends = np.append(starts[1:], len(mask)) - 1
    if mask.all():
        return ends[:, None]
    index = np.arange(len(mask), dtype=np.int32)[:, None]
    latest = np.maximum.reduceat(np.where(mask, index, np.int32(-1)), starts)
    return np.where(latest >= 0, latest, ends[:, None])


def _first_where(mask: Bools, starts: Integers) -> Integers:
    """Returns the index of each merged window's first true one, its first where none is true.

    Of the same shape as `last_where`.
    """
    if not mask.any():
        return starts[:, None]
    index = np.arange(len(mask), dtype=np.int32)[:, None]
    none = np.int32(len(mask))
    earliest = np.minimum.reduceat(np.where(mask, index, none), starts)
    return np.where(earliest < none, earliest, starts[:, None])


def _take(values: Values, index: Integers) -> Values:
    """Returns the values at what `last_where` or `_first_where` returned."""
    if index.shape[1] == 1:
        return values[index[:, 0]]
    return np.take_along_axis(values, index.reshape(*index.shape, *(1,) * (values.ndim - 2)), 0)

"""Reduces a series to as many columns as a screen can show, without losing what is striking."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.merging import merge_windows
from tb_stability.series import FloatArray, IntArray, Series, Windows


@dataclasses.dataclass(frozen=True, eq=False)
class Columns:
    """Neighbouring windows of one series, merged.

    Attributes:
      windows: Number of windows that went in.
      first_step: First step of each column, shape ``[columns]``.
      last_step: Last step of each column, shape ``[columns]``.
      epoch_start: Where each column begins, in fractional epochs, shape ``[columns]``.
      epoch_end: Where it ends, shape ``[columns]``.
      wall_time: Seconds since 1970 at the column's last step, shape ``[columns]``.
      statistics: float32 array ``[rows, columns]`` of each statistic.
    """

    windows: int
    first_step: IntArray
    last_step: IntArray
    epoch_start: FloatArray
    epoch_end: FloatArray
    wall_time: FloatArray
    statistics: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.last_step)


def merge_columns(
    series: Series,
    windows: Windows,
    *,
    columns: int,
    first_step: int | None = None,
    last_step: int | None = None,
) -> Columns:
    """Merges neighbouring windows until at most `columns` are left.

    A column is merged as `tb_stability.merging.merge_windows` says: no maximum, no minimum and no
    non-finite value is lost, nor its step.

    Args:
      series: What to reduce.
      windows: The windows of the run, for epochs.
      columns: The most columns to return, at least 1.
      first_step: Leaves out windows that end before this step.
      last_step: Leaves out windows that begin after this step.

    Returns:
      Columns of equal numbers of windows, but for rounding.
    """
    keep = np.ones(len(series), dtype=bool)
    if first_step is not None:
        keep &= series.step >= first_step
    if last_step is not None:
        keep &= series.first_step <= last_step
    kept = np.flatnonzero(keep)
    count = min(len(kept), columns)
    # Boundaries of the columns among the kept windows: column i holds kept[starts[i]:ends[i]].
    edges = np.linspace(0, len(kept), count + 1).round().astype(np.int64)
    starts, ends = edges[:-1], edges[1:]
    first = series.first_step[kept[starts]] if count else np.zeros(0, dtype=np.int64)
    last = series.step[kept[ends - 1]] if count else np.zeros(0, dtype=np.int64)
    epoch_start, epoch_end = windows.epoch_extent(first, last)
    inside = _contiguous(kept)
    merged = merge_windows(
        series.values[inside], series.statistics, series.first_step[inside], starts
    )
    return Columns(
        windows=len(kept),
        first_step=first,
        last_step=last,
        epoch_start=epoch_start,
        epoch_end=epoch_end,
        wall_time=series.wall_time[kept[ends - 1]] if count else np.zeros(0),
        statistics={
            name: np.ascontiguousarray(merged[:, :, index].T)
            for index, name in enumerate(series.statistics)
        },
    )


def _contiguous(index: IntArray) -> slice | IntArray:
    """Returns ascending indices as a slice where they are one: it copies nothing."""
    if len(index) and index[-1] - index[0] + 1 == len(index):
        return slice(int(index[0]), int(index[-1]) + 1)
    return index

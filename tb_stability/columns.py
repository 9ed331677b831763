"""Reduces a series to as many columns as a screen can show, without losing what is striking."""

from __future__ import annotations

import dataclasses

import numpy as np

from tb_stability.metadata import PER_STEP
from tb_stability.series import BoolArray, FloatArray, IntArray, Series, Windows


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

    The mean of a column is the mean of its windows weighted by their finite measurements; minimum
    and maximum survive; `count` and `nonfinite` add up; `argmax` and `first_nonfinite` still
    point at the step of the maximum and of the first non-finite value, relative to the column's
    first step; any other statistic is that of the column's last window in which the row was
    measured.

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
    return Columns(
        windows=len(kept),
        first_step=first,
        last_step=last,
        epoch_start=epoch_start,
        epoch_end=epoch_end,
        wall_time=series.wall_time[kept[ends - 1]] if count else np.zeros(0),
        statistics={
            name: np.ascontiguousarray(values.T, dtype=np.float32)
            for name, values in merge_windows(series, kept, starts, first).items()
        },
    )


def merge_windows(
    series: Series, kept: IntArray, starts: IntArray, first: IntArray
) -> dict[str, FloatArray]:
    """Returns the statistics of neighbouring windows, merged as `merge_columns` says.

    Args:
      series: What to merge.
      kept: Indices of the windows that take part, ascending, shape ``[kept]``.
      starts: Where in `kept` each merged window begins, shape ``[merged]``.
      first: First step of each merged window, shape ``[merged]``.

    Returns:
      An array ``[merged, rows]`` of each statistic.
    """
    values = {name: series.statistic(name)[kept] for name in series.statistics}
    if len(starts) == len(kept):
        return values
    measured = series.measured[kept]
    latest = _last_where(measured, starts)
    merged = {name: np.take_along_axis(column, latest, 0) for name, column in values.items()}
    if set(PER_STEP) <= values.keys():
        # Positions are relative to the column's first step, and were to the window's.
        widths = np.diff(np.append(starts, len(kept)))
        offset = series.first_step[kept] - np.repeat(first, widths)
        values["argmax"] = values["argmax"] + offset[:, None]
        values["first_nonfinite"] = np.where(
            values["first_nonfinite"] >= 0, values["first_nonfinite"] + offset[:, None], -1
        )
        merged |= _merge_per_step(values, measured, starts, widths, otherwise=merged)
    return merged


def _merge_per_step(
    values: dict[str, FloatArray],
    measured: BoolArray,
    starts: IntArray,
    widths: IntArray,
    otherwise: dict[str, FloatArray],
) -> dict[str, FloatArray]:
    """Returns the merged statistics; where a column holds nothing finite, `otherwise` stands."""
    finite = measured & np.isfinite(values["mean"])
    any_finite = np.logical_or.reduceat(finite, starts)
    weight = np.where(finite, values["count"] - values["nonfinite"], 0.0).astype(np.float64)
    total = np.add.reduceat(weight, starts)
    weighted = np.add.reduceat(np.where(finite, values["mean"], 0.0) * weight, starts)
    highest = np.maximum.reduceat(np.where(finite, values["max"], -np.inf), starts)
    is_highest = finite & (values["max"] == np.repeat(highest, widths, axis=0))
    merged = {
        "mean": weighted / np.where(total > 0, total, 1.0),
        "min": np.minimum.reduceat(np.where(finite, values["min"], np.inf), starts),
        "max": highest,
        "last": np.take_along_axis(values["last"], _last_where(finite, starts), 0),
        "argmax": _first_where(is_highest, starts, values["argmax"], default=0.0),
    }
    merged = {name: np.where(any_finite, merged[name], otherwise[name]) for name in merged}
    broken = measured & (values["first_nonfinite"] >= 0)
    merged["first_nonfinite"] = _first_where(
        broken, starts, values["first_nonfinite"], default=-1.0
    )
    for name in ("count", "nonfinite"):
        merged[name] = np.add.reduceat(values[name], starts)
    return merged


def _last_where(mask: BoolArray, starts: IntArray) -> IntArray:
    """Returns the index of each column's last true window, its last window where none is true."""
    index = np.arange(len(mask))[:, None]
    ends = np.append(starts[1:], len(mask)) - 1
    latest = np.maximum.reduceat(np.where(mask, index, -1), starts)
    return np.where(latest >= 0, latest, ends[:, None])


def _first_where(
    mask: BoolArray, starts: IntArray, values: FloatArray, *, default: float
) -> FloatArray:
    """Returns the value of each column's first true window, `default` where none is true."""
    index = np.arange(len(mask))[:, None]
    earliest = np.minimum.reduceat(np.where(mask, index, len(mask)), starts)
    chosen = np.take_along_axis(values, np.minimum(earliest, len(mask) - 1), 0)
    return np.where(earliest < len(mask), chosen, default)

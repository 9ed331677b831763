"""What was measured of one run, as numpy arrays: the input of detectors and routes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from tb_stability.metadata import SeriesMetadata
from tb_stability.record import RunRecord, Status

FloatArray = npt.NDArray[np.floating]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


# Beyond any step that a float64 of JavaScript can name exactly.
MAX_STEP = 2**53


def to_float32(values: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Returns numbers as float32; finite ones beyond its range as the largest of their sign.

    >>> to_float32([1e300, -np.inf, np.nan]).tolist()
    [3.4028234663852886e+38, -inf, nan]
    """
    array = np.asarray(values, dtype=np.float64)
    largest = np.finfo(np.float32).max
    finite = np.clip(array, -largest, largest)
    return np.where(np.isinf(array), array, finite).astype(np.float32)


def counted_on(epoch: IntArray, epochs_in: IntArray | None = None) -> IntArray:
    """Returns the epochs of a run's windows, counted on where a second call of `fit` begins at 0.

    Args:
      epoch: As they were recorded, shape ``[windows]``.
      epochs_in: As in `Windows`.

    >>> counted_on(np.array([0, 1, 0, 1])).tolist()
    [0, 1, 2, 3]
    """
    epoch = epoch.copy()
    for restart in np.flatnonzero(np.diff(epoch) < 0) + 1:
        begins = epoch[restart] - (0 if epochs_in is None else epochs_in[restart] - 1)
        epoch[restart:] += epoch[restart - 1] + 1 - begins
    return epoch


@dataclasses.dataclass(frozen=True, eq=False)
class Windows:
    """Which steps and which epoch each window covers.

    Attributes:
      first_step: First step of each window, shape ``[windows]``.
      last_step: Last step of each window, ascending, shape ``[windows]``.
      epoch: Epoch that the window's last step belongs to, shape ``[windows]``.
      first_epoch: Number of the first epoch of all: 0, but for foreign logs that count from 1.
      epochs_in: Number of epochs that each window has steps of, shape ``[windows]``: more than one
        in a long run, whose windows are wide; one, where it is None.
    """

    first_step: IntArray
    last_step: IntArray
    epoch: IntArray
    first_epoch: int = dataclasses.field(default=0, kw_only=True)
    epochs_in: IntArray | None = dataclasses.field(default=None, kw_only=True)

    def __len__(self) -> int:
        return len(self.last_step)

    @property
    def epochs(self) -> int:
        """Number of epochs that were at least begun, counted from the first."""
        return int(self.epoch.max()) + 1 - self.first_epoch if len(self) else 0

    def index(self, steps: npt.ArrayLike) -> IntArray:
        """Returns the index of the window that holds each step, the nearest one for others."""
        found = np.searchsorted(self.last_step, np.asarray(steps))
        return np.minimum(found, max(len(self) - 1, 0)).astype(np.int64)

    def epoch_of(self, step: int) -> int:
        """Returns the epoch that a step belongs to; 0 where there are no windows."""
        return int(self.epochs_of(np.array([step]))[0])

    def epochs_of(self, steps: IntArray) -> IntArray:
        """Returns the epoch that each step belongs to; 0 where there are no windows.

        Epochs that share a window are taken to be equally long.
        """
        if not len(self):
            return np.zeros(len(steps), dtype=np.int64)
        index = self.index(steps)
        epoch = self.epoch[index]
        if self.epochs_in is None:
            return epoch
        width = self.last_step[index] - self.first_step[index] + 1
        to_come = np.clip(self.last_step[index] - steps, 0, width - 1)
        before: IntArray = epoch - to_come * self.epochs_in[index] // width
        return before

    def first_steps_of(self, last_steps: IntArray) -> IntArray:
        """Returns where the windows begin that end with some steps, and others as they are."""
        if not len(self):
            return last_steps
        index = self.index(last_steps)
        exact = self.last_step[index] == last_steps
        return np.where(exact, self.first_step[index], last_steps)

    def epoch_extent(
        self, first_step: IntArray, last_step: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Returns where spans of steps begin and end, in fractional epochs.

        The second half of epoch 3 is ``(3.5, 4.0)``. An epoch that is still being trained is
        taken to become as long as the longest one so far.

        Args:
          first_step: First step of each span, shape ``[spans]``.
          last_step: Last step of each span, shape ``[spans]``.

        Returns:
          Beginnings and ends, float64, shape ``[spans]`` each.
        """
        if not len(self):
            return first_step - 1.0, last_step.astype(np.float64)
        first_window = np.flatnonzero(np.diff(self.epoch, prepend=self.epoch[0] - 1))
        begin = self.first_step[first_window]
        end = self.last_step[np.append(first_window[1:], len(self)) - 1]
        covered = np.ones(len(begin), dtype=np.int64)
        if self.epochs_in is not None:
            covered = self.epochs_in[first_window]
        steps = np.maximum(end - begin + 1, 1) / covered
        steps[-1] = steps.max()
        epoch = self.epoch[first_window] - covered + 1

        def position(step: IntArray, before: int) -> FloatArray:
            index = np.clip(np.searchsorted(begin, step, side="right") - 1, 0, len(begin) - 1)
            done = (step - begin[index] + 1 - before) / steps[index]
            return epoch[index] + np.clip(done, 0.0, covered[index])

        return position(first_step, 1), position(last_step, 0)


@dataclasses.dataclass(frozen=True, eq=False)
class Series:
    """One tag of one run: values of every row and statistic over time.

    Attributes:
      metadata: Quantity, row names, statistics.
      step: Last step of each record, ascending, shape ``[windows]``.
      first_step: First step of each record's window, shape ``[windows]``.
      epoch: Epoch of each record, shape ``[windows]``.
      wall_time: Seconds since 1970, shape ``[windows]``.
      values: float32, shape ``[windows, rows, statistics]``.
    """

    metadata: SeriesMetadata
    step: IntArray
    first_step: IntArray
    epoch: IntArray
    wall_time: FloatArray
    values: FloatArray

    def __len__(self) -> int:
        return len(self.step)

    @property
    def tag(self) -> str:
        return self.metadata.tag

    @property
    def quantity(self) -> str:
        return self.metadata.quantity.name

    @property
    def rows(self) -> tuple[str, ...]:
        return self.metadata.rows

    @property
    def statistics(self) -> tuple[str, ...]:
        return self.metadata.quantity.statistics

    def statistic(self, name: str) -> FloatArray:
        """Returns one statistic of every row, shape ``[windows, rows]``.

        Raises:
          KeyError: If the series has no such statistic.
        """
        if name not in self.statistics:
            raise KeyError(f"{self.tag} has the statistics {self.statistics}, not {name!r}")
        values: FloatArray = self.values[:, :, self.statistics.index(name)]
        return values

    @property
    def measured(self) -> BoolArray:
        """Where a value was measured at all, as opposed to missing, shape ``[windows, rows]``."""
        if "count" in self.statistics:
            return self.statistic("count") > 0
        return np.ones(self.values.shape[:2], dtype=bool)


@dataclasses.dataclass(frozen=True, eq=False)
class RunSeries:
    """Everything that was measured of one run.

    Attributes:
      run: Name of the run, as in TensorBoard.
      windows: Steps and epochs of the windows.
      series: All series, in the order in which they are best shown.
      record: What was trained with what; None where the run has no record.
      notes: Sentences for the reader: what was skipped, and why.
      unread: What there is besides `series`, and has not been read yet.
    """

    run: str
    windows: Windows
    series: tuple[Series, ...] = ()
    record: RunRecord | None = None
    notes: tuple[str, ...] = ()
    unread: tuple[SeriesMetadata, ...] = ()

    @property
    def epochs(self) -> int:
        return self.windows.epochs

    @property
    def steps(self) -> int:
        """Number of steps up to the last one measured; 0 for an empty run."""
        if not len(self.windows):
            return 0
        # Steps count from 1. In a run that knows epochs only, they are epochs and count from 0.
        return int(self.windows.last_step[-1] - min(self.windows.first_step[0], 1) + 1)

    @property
    def status(self) -> Status:
        return self.record.status if self.record else "unknown"

    @property
    def nbytes(self) -> int:
        """Bytes that the values take."""
        return sum(series.values.nbytes for series in self.series)

    @property
    def last_wall_time(self) -> float | None:
        times = [series.wall_time[-1] for series in self.series if len(series)]
        return float(max(times)) if times else None

    def get(self, tag: str) -> Series | None:
        """Returns the series with a tag, or None."""
        return next((series for series in self.series if series.tag == tag), None)

    def of_quantity(self, quantity: str, statistics: Iterable[str]) -> Iterator[Series]:
        """Yields the series of a quantity that have the statistics asked for and are not empty.

        So what judges a quantity need not ask what a foreign file holds.
        """
        wanted = set(statistics)
        for series in self.series:
            if series.quantity == quantity and wanted <= set(series.statistics) and len(series):
                yield series

    def first_of(
        self, quantity: str, statistics: Iterable[str], row_group: str = ""
    ) -> Series | None:
        """Returns the series that `of_quantity` yields for one row group, or None."""
        for series in self.of_quantity(quantity, statistics):
            if series.metadata.row_group == row_group:
                return series
        return None

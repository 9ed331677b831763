"""Windows that widen as a run grows, so that its records stay few. Knows no TensorFlow.

The device is read every `window_steps` steps and at the end of each epoch. The first
`RECORDS_PER_WIDTH` windows are one such read-out each, as many after them are two, then four,
eight..., merged by `tb_stability.merging.merge_windows`: no maximum is lost, nor its step, and no
non-finite value. Of R read-outs, a run keeps about ``500 * log2(1 + R / 500)`` records: 2,200 of a
million steps, 3,800 of ten million. A window is at most 1/500 of the run before it.

The storage budget of a run is that number times the size of a record: 32 bytes a row of what is
measured in every step, 8 of most of what is sampled, and 50 or so a tag. That is 1.6 kB for a
classifier of ten dense layers, and so 3.5 MB for a million steps.

* A window ends early where a read-out is striking (see `tb_stability.capture.striking`), so that it
  is on disk and judged at once; no more than `MOST_EARLY` times between two windows that are full.
* An epoch ends its window, unless the window began with an epoch and has room for another one as
  long. So windows are parts of epochs, and where epochs are tiny, whole epochs, up to full.
* Of the epochs within one window, what Keras reported is written of the last, of those with the
  highest and the lowest value of each name, and of the first that was not finite.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tb_stability.capture.windows import SERIES as WINDOW_SERIES
from tb_stability.merging import merge_windows
from tb_stability.metadata import SeriesMetadata

FloatArray = npt.NDArray[np.float32]
Measured = Iterable[tuple[SeriesMetadata, npt.ArrayLike]]
Arrays = list[tuple[SeriesMetadata, FloatArray]]

# Windows after which their width doubles.
RECORDS_PER_WIDTH = 500

# Windows that end early between two that are full.
MOST_EARLY = 8

# Read-outs that are kept before they are merged: numpy costs by the call.
_MERGED_AT_ONCE = 32


@dataclasses.dataclass(frozen=True)
class Window:
    """What is to be written.

    Attributes:
      step: Last step of the window.
      measured: What was measured in it, its epoch and steps first; empty, where it has no steps.
      logs: What Keras reported of the epochs that ended in it, by their last steps.
    """

    step: int
    measured: Arrays
    logs: list[tuple[int, Arrays]]


class Widening:
    """Puts read-outs together to windows.

    Args:
      window_steps: Steps of a full read-out.
      steps_done: Steps of the run that were recorded before: its windows are taken to have widened
        as those of one that was never interrupted.

    Example:

    >>> widening = Widening(100, steps_done=50_000)
    >>> [widening.add(step, 100, 0, []) for step in (50_100, 50_200)]
    [False, True]
    >>> widening.take().measured[0][1].tolist()    # epoch, steps, epochs
    [[0.0, 200.0, 1.0]]
    """

    def __init__(self, window_steps: int, steps_done: int) -> None:
        self._written = _records_of(steps_done // window_steps)
        self._early = 0
        self._epoch_is_over = True
        self._read_outs_of_epoch = 0
        self._last_step = steps_done
        self._epoch = 0
        self._begin()

    @property
    def width(self) -> int:
        """Read-outs that the window has when it is full."""
        return int(2 ** (self._written // RECORDS_PER_WIDTH))

    def add(
        self, step: int, steps: int, epoch: int, measured: Measured, *, striking: bool = False
    ) -> bool:
        """Adds a read-out; returns whether the window is to be taken.

        Args:
          step: Last step of the read-out.
          steps: Number of its steps.
          epoch: Epoch that it belongs to.
          measured: What was measured in it.
          striking: Whether it is worth a look.
        """
        if not self._read_outs:
            self._first_step, self._first_epoch = step - steps + 1, epoch
            self._began_epoch = self._epoch_is_over
        self._epoch_is_over = False
        self._last_step, self._epoch = step, epoch
        self._read_outs += 1
        self._read_outs_of_epoch += 1
        for series, values in measured:
            array = np.asarray(values, np.float32)
            self._held.setdefault(series.tag, _Held(series)).add(step - steps + 1, array)
        if self._read_outs >= self.width:
            self._early = 0
            return True
        early = striking and self._early < MOST_EARLY
        self._early += early
        return early

    def end_epoch(self, reported: Measured) -> bool:
        """Adds what Keras reported of an epoch; returns whether the window is to be taken."""
        self._logs += [
            (self._last_step, series, np.asarray(value, np.float32)) for series, value in reported
        ]
        length, self._read_outs_of_epoch = self._read_outs_of_epoch, 0
        self._epoch_is_over = True
        has_room = self._began_epoch and self._read_outs + length <= self.width
        return not (self._read_outs and has_room)

    def take(self) -> Window:
        """Returns the window, and begins the next one."""
        measured: Arrays = []
        if self._read_outs:
            steps = self._last_step - self._first_step + 1
            epochs = max(self._epoch - self._first_epoch + 1, 1)
            table = np.array([[self._epoch, steps, epochs]], np.float32)
            measured = [(WINDOW_SERIES, table)]
            measured += [(held.series, held.merged()) for held in self._held.values()]
            self._written += 1
        window = Window(self._last_step, measured, _thinned(self._logs))
        self._begin()
        return window

    def _begin(self) -> None:
        self._held: dict[str, _Held] = {}
        self._logs: list[tuple[int, SeriesMetadata, FloatArray]] = []
        self._read_outs = 0
        self._first_step = self._first_epoch = 0
        self._began_epoch = False


class _Held:
    """The read-outs of one series."""

    def __init__(self, series: SeriesMetadata) -> None:
        self.series = series
        self._first_steps: list[int] = []
        self._values: list[FloatArray] = []

    def add(self, first_step: int, values: FloatArray) -> None:
        # A layer that appears late changes the rows: the file would refuse such a record.
        if not self._values or values.shape == self._values[0].shape:
            self._first_steps.append(first_step)
            self._values.append(values)
        if len(self._values) == _MERGED_AT_ONCE:
            self._values, self._first_steps = [self.merged()], self._first_steps[:1]

    def merged(self) -> FloatArray:
        if len(self._values) == 1:
            return self._values[0]
        return merge_windows(
            np.stack(self._values),
            self.series.quantity.statistics,
            np.array(self._first_steps, np.int64),
            np.zeros(1, np.int64),
        )[0]


def _records_of(read_outs: int) -> int:
    """Returns the number of windows that so many read-outs make."""
    doublings = int(math.log2(1 + read_outs / RECORDS_PER_WIDTH))
    before = RECORDS_PER_WIDTH * (2**doublings - 1)
    return RECORDS_PER_WIDTH * doublings + max(read_outs - before, 0) // 2**doublings


def _thinned(logs: Sequence[tuple[int, SeriesMetadata, FloatArray]]) -> list[tuple[int, Arrays]]:
    """Returns the logs that are kept, by step."""
    of_tag: dict[str, list[int]] = {}
    for index, (_, series, _) in enumerate(logs):
        of_tag.setdefault(series.tag, []).append(index)
    found: dict[int, Arrays] = {}
    for index in sorted(index for indices in of_tag.values() for index in _kept(indices, logs)):
        step, series, value = logs[index]
        found.setdefault(step, []).append((series, value))
    return list(found.items())


def _kept(
    indices: list[int], logs: Sequence[tuple[int, SeriesMetadata, FloatArray]]
) -> Iterable[int]:
    values = np.array([logs[index][2].item() for index in indices])
    finite = np.isfinite(values)
    kept = {len(indices) - 1}
    if finite.any():
        kept.add(int(np.where(finite, values, -np.inf).argmax()))
        kept.add(int(np.where(finite, values, np.inf).argmin()))
    if not finite.all():
        kept.add(int(np.argmin(finite)))
    return [indices[position] for position in kept]

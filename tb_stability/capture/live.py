"""Onsets while the model trains, by the engine that judges event files later."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from tb_stability.capture.probe import Measurement
from tb_stability.capture.statistics import FloatArray
from tb_stability.capture.striking import StrikingWindows
from tb_stability.metadata import WINDOWS, SeriesMetadata
from tb_stability.onsets import KINDS, Onset, Thresholds, certain_in_training, find_onsets
from tb_stability.printable import printable
from tb_stability.record import RunRecord
from tb_stability.series import RunSeries, Series, Windows, counted_on

# A run is judged again when it has this many times the windows: many short epochs would otherwise
# cost a time that grows with their square.
GROWTH = 1.02


class LiveOnsets:
    """Keeps what was recorded of a run in memory and judges it as training goes on.

    A run is judged at the end of each epoch (of one that was judged before, once it has grown by
    2 %, and when it has finished), and after a window in which the loss or a gradient
    norm was not finite, or its maximum exceeded ten times the median of the maxima of the (up to
    100) windows before; after no more than eight such windows in a row. Each kind of onset is told
    once, if it is a warning or critical; what is never certain before the end, as that a run learns
    nothing, when training has ended.

    Args:
      thresholds: Thresholds of the rules.
      on_onset: Called with each onset that is told; one that raises is not called again.
      stop_on: Kinds of onsets that end training.
    """

    def __init__(
        self,
        thresholds: Thresholds,
        on_onset: Callable[[Onset], Any] | None = None,
        stop_on: Iterable[str] = (),
    ) -> None:
        self.thresholds = thresholds
        self._on_onset = on_onset
        self._stop_on = frozenset(stop_on)
        # First and last step, last epoch and number of epochs of each window.
        self._spans: list[tuple[int, int, int, int]] = []
        self._kept: dict[str, _Kept] = {}
        self._striking = StrikingWindows()
        self._told: set[str] = set()
        self._faulty = False
        self._judged = 0

    def add_window(self, step: int, measured: Iterable[Measurement]) -> bool:
        """Keeps the measurements of a window.

        Args:
          step: Number of the window's last step.
          measured: What is written of it.

        Returns:
          Whether the run should be judged now.
        """
        arrays = [(series, np.asarray(values, np.float32)) for series, values in measured]
        for series, values in arrays:
            if series.quantity.name == WINDOWS.name:
                epoch, steps, epochs = values[0].astype(int).tolist()
                self._spans.append((step - steps + 1, step, epoch, epochs))
        self._keep(step, arrays)
        return self._striking.add(arrays)

    def add_epoch(self, step: int, measured: Iterable[Measurement]) -> bool:
        """Keeps what Keras reported of an epoch that ended with a step.

        Returns:
          Whether the run should be judged now.
        """
        self._keep(step, [(series, np.asarray(values, np.float32)) for series, values in measured])
        return len(self._spans) >= GROWTH * self._judged

    def judge(self, record: RunRecord | None, *, final: bool = False) -> bool:
        """Tells the onsets that were not told before; returns whether training is to stop.

        Args:
          record: The run record.
          final: Whether training has ended.
        """
        if self._faulty or not self._spans:
            return False
        self._judged = len(self._spans)
        try:
            # The numbers of a run that explodes may overflow in a rule as well.
            with np.errstate(all="ignore"):
                onsets = find_onsets(self.run(record), self.thresholds)
        except Exception as error:
            # A fault of a rule must not end training; the event file can still be judged.
            self._faulty = True
            _warn(f"cannot judge the run while it trains: {_described(error)}")
            return False
        certain = onsets if final else certain_in_training(onsets)
        new = [
            item
            for item in onsets
            if item.severity != "info"
            and item.kind not in self._told
            and (item in certain or item.kind in self._stop_on)
        ]
        for onset in new:
            if onset.kind not in self._told:
                self._told.add(onset.kind)
                self._tell(onset)
        return any(onset.kind in self._stop_on for onset in new)

    def run(self, record: RunRecord | None) -> RunSeries:
        """Returns what was recorded so far."""
        first, last, epoch, epochs_in = np.array(self._spans, np.int64).reshape(-1, 4).T
        windows = Windows(first, last, counted_on(epoch, epochs_in), epochs_in=epochs_in)
        series = tuple(kept.series(windows) for kept in self._kept.values())
        return RunSeries("", windows, series, record)

    def _keep(self, step: int, arrays: Iterable[tuple[SeriesMetadata, FloatArray]]) -> None:
        for series, values in arrays:
            if series.quantity.name != WINDOWS.name:
                self._kept.setdefault(series.tag, _Kept(series)).add(step, values)

    def _tell(self, onset: Onset) -> None:
        told = f"tb_stability: {onset.severity} {onset.kind}: {onset.message}"
        print(printable(told), flush=True)
        if self._on_onset is None:
            return
        try:
            self._on_onset(onset)
        except Exception as error:
            self._on_onset = None
            _warn(f"does not call on_onset again, as it failed: {_described(error)}")


class _Kept:
    def __init__(self, metadata: SeriesMetadata) -> None:
        self._metadata = metadata
        self._steps: list[int] = []
        self._values: list[FloatArray] = []

    def add(self, step: int, values: FloatArray) -> None:
        # A layer that appears late changes the rows: the file, too, refuses such a record.
        if not self._values or values.shape == self._values[0].shape:
            self._steps.append(step)
            self._values.append(values)

    def series(self, windows: Windows) -> Series:
        step = np.array(self._steps, np.int64)
        return Series(
            metadata=self._metadata,
            step=step,
            first_step=windows.first_steps_of(step),
            epoch=windows.epochs_of(step),
            wall_time=np.zeros(len(step)),
            values=np.stack(self._values),
        )


def check_thresholds(thresholds: Any) -> Thresholds:
    """Returns thresholds given as such, as a mapping of names to values, or as None.

    Raises:
      TypeError: If they are none of these.
      ThresholdError: If a name is unknown, or a value impossible; a `ValueError`.

    Example:

    >>> check_thresholds({"spikes": 5}).spikes
    5
    """
    if thresholds is None:
        return Thresholds()
    if isinstance(thresholds, Thresholds):
        return thresholds
    if isinstance(thresholds, Mapping):
        return Thresholds.from_mapping(thresholds)
    raise TypeError(
        "thresholds must be a mapping of names to numbers, e.g. {'spikes': 5}, or a Thresholds, "
        f"not {thresholds!r}"
    )


def check_on_onset(on_onset: Any) -> Any:
    """Returns what is to be called with onsets.

    Raises:
      TypeError: If it is neither None nor callable.
    """
    if on_onset is not None and not callable(on_onset):
        raise TypeError(f"on_onset must be callable with an onset, or None, not {on_onset!r}")
    return on_onset


def check_kinds(kinds: Any) -> tuple[str, ...]:
    """Returns kinds of onsets, given as one or several.

    Raises:
      TypeError: If they are not iterable.
      ValueError: If a kind is unknown.

    Example:

    >>> check_kinds("nonfinite_loss")
    ('nonfinite_loss',)
    """
    if isinstance(kinds, str):
        kinds = (kinds,)
    if not isinstance(kinds, Iterable):
        raise TypeError(f"stop_on must be kinds of onsets, e.g. ('nonfinite_loss',), not {kinds!r}")
    kinds = tuple(kinds)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise ValueError(
            f"unknown kinds of onsets in stop_on: {', '.join(map(repr, unknown))}. Known ones are: "
            f"{', '.join(sorted(KINDS))}"
        )
    return kinds


def _warn(text: str) -> None:
    warnings.warn(f"StabilityCallback {text}", RuntimeWarning, stacklevel=2)


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

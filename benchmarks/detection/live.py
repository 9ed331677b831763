"""What the callback tells while a run trains, found anew from what it measured."""

from __future__ import annotations

import contextlib
import dataclasses
import io
from collections import defaultdict

import numpy as np

from tb_stability.capture.live import LiveOnsets
from tb_stability.capture.probe import Measurement
from tb_stability.metadata import EPOCH_LOGS, WINDOWS, SeriesMetadata
from tb_stability.onsets import Onset, Thresholds
from tb_stability.series import RunSeries


def onsets_told(series: RunSeries) -> tuple[Onset, ...]:
    """Returns the onsets that the callback would tell, in order, by the rules of today.

    Args:
      series: A finished run.
    """
    if series.record is None:
        return ()
    record = dataclasses.replace(series.record, status="training")
    told: list[Onset] = []
    live = LiveOnsets(Thresholds(), told.append)
    measured, reported = _by_step(series)
    with contextlib.redirect_stdout(io.StringIO()):  # it prints what it tells
        for window in range(len(series.windows)):
            step = int(series.windows.last_step[window])
            if live.add_window(step, [_window(series, window), *measured[step]]):
                live.judge(record)
            if step in reported and live.add_epoch(step, reported[step]):
                live.judge(record)
        live.judge(record, final=True)
    return tuple(told)


def _by_step(
    series: RunSeries,
) -> tuple[dict[int, list[Measurement]], dict[int, list[Measurement]]]:
    measured: dict[int, list[Measurement]] = defaultdict(list)
    reported: dict[int, list[Measurement]] = defaultdict(list)
    for one in series.series:
        written = reported if one.quantity == EPOCH_LOGS.name else measured
        for step, values in zip(one.step.tolist(), one.values, strict=True):
            written[step].append((one.metadata, values))
    return measured, reported


def _window(series: RunSeries, index: int) -> Measurement:
    first, last = series.windows.first_step[index], series.windows.last_step[index]
    epochs = 1 if series.windows.epochs_in is None else series.windows.epochs_in[index]
    values = np.array([[series.windows.epoch[index], last - first + 1, epochs]], np.float32)
    return SeriesMetadata(WINDOWS, ("",)), values

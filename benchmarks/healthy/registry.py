"""The list of all healthy runs."""

from __future__ import annotations

from benchmarks.healthy import (
    classification,
    epochs,
    generative,
    images,
    optimizers,
    regression,
    schedules,
    sequences,
    transfer,
)
from benchmarks.healthy.run import HealthyRun

HEALTHY: tuple[HealthyRun, ...] = (
    *classification.RUNS,
    *regression.RUNS,
    *schedules.RUNS,
    *optimizers.RUNS,
    *epochs.RUNS,
    *sequences.RUNS,
    *images.RUNS,
    *transfer.RUNS,
    *generative.RUNS,
)

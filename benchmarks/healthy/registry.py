"""The list of all healthy runs."""

from __future__ import annotations

from benchmarks.healthy import (
    classification,
    epochs,
    generative,
    images,
    losses,
    optimizers,
    regression,
    schedules,
    sequences,
    sizes,
    stages,
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
    *losses.RUNS,
    *stages.RUNS,
    *sizes.RUNS,
)

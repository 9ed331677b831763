"""The list of all faulty runs."""

from __future__ import annotations

from benchmarks.faulty import arithmetic, data, models, outputs, rates
from benchmarks.faulty.run import FaultyRun

FAULTY: tuple[FaultyRun, ...] = (
    *outputs.RUNS,
    *rates.RUNS,
    *arithmetic.RUNS,
    *data.RUNS,
    *models.RUNS,
)

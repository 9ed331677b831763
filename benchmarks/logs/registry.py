"""The list of all logs."""

from __future__ import annotations

# Each of these adds its own to LOGS.
from benchmarks.logs import faulty, healthy_batches, healthy_epochs  # noqa: F401
from benchmarks.logs.log import LOGS, Log
from benchmarks.logs.published import PUBLISHED

ALL_LOGS: dict[str, Log] = {**PUBLISHED, **LOGS}

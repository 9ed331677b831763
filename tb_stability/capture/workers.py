"""Several processes that train one model: the workers of a cluster, of which one is the chief.

In a step, all workers take part in a sum, or none gets beyond it. So each measures, counts and
reads as the others do, whatever becomes of its event file; the chief alone writes and judges.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tb_stability.capture.distribution import replicas_here
from tb_stability.writer import EventWriter, SilentWriter


def is_chief(model: Any) -> bool:
    """Returns whether this process writes for all that train a model."""
    return bool(model.distribute_strategy.extended.should_save_summary)


def has_other_workers(model: Any) -> bool:
    """Returns whether other processes take part in a model's training steps."""
    strategy = model.distribute_strategy
    return int(strategy.num_replicas_in_sync) > replicas_here(strategy)


def writer_for(model: Any, log_dir: str) -> EventWriter:
    """Returns what writes a run's events: nothing does in a process that is not the chief's."""
    return EventWriter(log_dir) if is_chief(model) else SilentWriter(log_dir)


def check_workers(model: Any, stop_on: Sequence[str]) -> None:
    """Raises ValueError where the chief alone would end training, as its onsets are to."""
    if stop_on and has_other_workers(model):
        raise ValueError(
            f"stop_on={tuple(stop_on)!r} cannot end a training of several workers: the chief alone "
            "judges the run, and the others would wait for it. Leave stop_on out; what all workers "
            "see alike is the loss, which keras.callbacks.TerminateOnNaN() watches"
        )

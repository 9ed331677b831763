"""What differs where a step runs as several replicas under a `tf.distribute` strategy."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def replica_count() -> int:
    """Returns the number of replicas that share the running step; 1 without a strategy."""
    return int(tf.distribute.get_strategy().num_replicas_in_sync)


def sum_over_replicas(values: Any) -> Any:
    """Returns the sums, over all replicas, of a structure of tensors; itself without a strategy."""
    context = tf.distribute.get_replica_context()
    if replica_count() == 1 or context is None:
        return values
    return context.all_reduce(tf.distribute.ReduceOp.SUM, values)


def is_first_replica() -> bool:
    """Returns whether the code being traced is the replica that writes for all of its process."""
    context = tf.distribute.get_replica_context()
    if context is None or replica_count() == 1:
        return True
    # Replicas are numbered over all processes, each of which has as many.
    number = _constant(context.replica_id_in_sync_group)
    return number is not None and number % replicas_here(context.strategy) == 0


def replicas_here(strategy: Any) -> int:
    """Returns the number of a strategy's replicas that run in this process."""
    if strategy.num_replicas_in_sync == 1:
        return 1  # the default strategy has no list of devices
    return len(strategy.extended.worker_devices)


def _constant(value: Any) -> Any:
    return tf.get_static_value(value) if tf.is_tensor(value) else value

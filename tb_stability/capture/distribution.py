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
    """Returns whether the code being traced is the replica that writes for all."""
    context = tf.distribute.get_replica_context()
    return context is None or _constant(context.replica_id_in_sync_group) == 0


def _constant(value: Any) -> Any:
    return tf.get_static_value(value) if tf.is_tensor(value) else value

"""Operations that run eagerly, told of as they run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from tb_stability.capture.applied_relus import LOOKED_AT, Made

try:
    # There is no public way: this is what TensorFlow's own debugger is made with.
    from tensorflow.python.framework.op_callbacks import add_op_callback, remove_op_callback
except ImportError:  # a TensorFlow that has it elsewhere: then none are told of
    add_op_callback = None


@contextlib.contextmanager
def listening(ran: Callable[[Made], None]) -> Iterator[None]:
    """Surrounds what runs in this thread.

    Args:
      ran: Called with each operation that `applied_relus` looks at.
    """

    def on_operation(
        kind: Any, inputs: Any, attributes: Any, outputs: Any, name: Any = None, graph: Any = None
    ) -> None:
        # Functions that are traced meanwhile tell of their operations as well.
        if graph is None and kind in LOOKED_AT:
            ran(Made(kind, inputs, outputs))

    if add_op_callback is None:
        yield
        return
    add_op_callback(on_operation)
    try:
        yield
    finally:
        remove_op_callback(on_operation)

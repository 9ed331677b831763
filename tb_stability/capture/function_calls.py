"""ReLUs that the `call` of a user's own layer or model applies as functions: `tf.nn.relu(x)`."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from tb_stability.capture.activations import AppliedFunction, output_activation
from tb_stability.capture.applied_relus import LOOKED_AT, Made, applied_relus
from tb_stability.capture.distribution import replica_count
from tb_stability.capture.eager_operations import listening
from tb_stability.capture.layers import sublayers, unique
from tb_stability.capture.probe import Call

# A loop in Python makes one of each turn: of one that goes over hundreds of time steps, each would
# be a row of its own.
MOST_OF_ONE_CALL = 64


class FunctionCalls:
    """Finds them among the operations that belong to a layer's call, and to none inside it.

    What is told of a function is in forward order with the layers around it. Operations in a graph
    of their own, that of a `tf.function`, `tf.cond` or `tf.while_loop` in the call, are not among
    them, for they need not run, or run more than once.

    Args:
      tell: Called with the name of a layer, and a function that returns the calls of functions
        that it made since the last time.
    """

    def __init__(self, tell: Callable[[str, Callable[[], Sequence[Call]]], None]) -> None:
        self._tell = tell
        self._open = _OpenCalls()

    @contextlib.contextmanager
    def during(self, name: str, layer: Any) -> Iterator[None]:
        """Surrounds a call of a layer, and all that measures the layer.

        Args:
          name: Path of the layer below the model; empty for the model itself.
          layer: The layer, or the operation of a functional model.
        """
        calls = self._open.calls
        caller = calls[-1] if calls else None
        self._end_part(caller)
        call = _OpenCall(name, layer, recurrent=caller is not None and caller.recurrent)
        listens = call.eager and not any(one.eager for one in calls)
        calls.append(call)
        try:
            with listening(self._open.ran) if listens else contextlib.nullcontext():
                yield
            self._end_part(call)
        finally:
            calls.pop()
            if caller is not None:
                caller.begin_part()

    def _end_part(self, call: _OpenCall | None) -> None:
        if call is not None and call.watched and call.graph is _graph():
            self._tell(call.name, functools.cache(call.functions))


class _OpenCall:
    """A layer's call that has not returned yet."""

    def __init__(self, name: str, layer: Any, *, recurrent: bool) -> None:
        self.name = name
        self.recurrent = recurrent or isinstance(layer, keras.layers.RNN)
        self.watched = not self.recurrent and _has_own_call(layer)
        self.graph: Any = _graph() if self.watched else None
        self.eager = self.watched and self.graph is None
        # Where replicas wait for each other, operations of another one's thread are made meanwhile.
        # Its scope is another one as well.
        self._scope = ""
        if self.graph is not None and replica_count() > 1:
            self._scope = self.graph.get_name_scope()
        self._layer = layer
        self._taken: set[str] | None = None
        self._functions = 0
        self.ran: list[Made] = []
        self._position = 0
        self.begin_part()

    def begin_part(self) -> None:
        """What follows belongs to this call, until another one begins within it."""
        self.ran = []
        # What was called in a graph within this one left nothing here to be passed over.
        if self.graph is not None and self.graph is _graph():
            self._position = len(self.graph.get_operations())

    def functions(self) -> list[Call]:
        """Returns the calls of functions since the part began."""
        if self.graph is not None:
            self.ran = [
                Made(one.type, one.inputs, one.outputs)
                for one in self.graph.get_operations()[self._position :]
                if one.type in LOOKED_AT and one.name.startswith(self._scope)
            ]
        calls = []
        for activation, outputs in applied_relus(self.ran):
            if self._functions < MOST_OF_ONE_CALL:
                self._functions += 1
                function = AppliedFunction(activation)
                calls.append(Call(self._name_of(activation), function, {}, outputs))
        return calls

    def _name_of(self, activation: str) -> str:
        if self._taken is None:
            self._taken = set(unique([layer.name for layer in sublayers(self._layer)]))
        name, number = activation, 0
        while name in self._taken:
            number += 1
            name = f"{activation}_{number}"
        self._taken.add(name)
        return f"{self.name}/{name}" if self.name else name


class _OpenCalls(threading.local):
    # Replicas of a distribution strategy run the step in a thread each.
    def __init__(self) -> None:
        self.calls: list[_OpenCall] = []

    def ran(self, made: Made) -> None:
        """Takes an operation that ran eagerly."""
        if self.calls and self.calls[-1].eager:
            self.calls[-1].ran.append(made)


def _has_own_call(layer: Any) -> bool:
    """Returns whether a layer's `call` is a user's; not where its output is seen as it is."""
    if not isinstance(layer, keras.Layer) or output_activation(layer):
        return False
    if isinstance(layer, keras.layers.Lambda):
        return True
    owner = next(one for one in type(layer).__mro__ if "call" in vars(one))
    return owner.__module__.split(".")[0] != "keras"


def _graph() -> Any:
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()

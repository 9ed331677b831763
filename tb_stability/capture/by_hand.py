"""What a `StabilityMonitor` records with, in place of what `fit` is recorded with."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from tb_stability.capture.hooks import StepHooks, replace
from tb_stability.capture.layers import walk_operations
from tb_stability.capture.optimizers import find_optimizers, innermost
from tb_stability.capture.probe import Gradients
from tb_stability.capture.recording import Recording
from tb_stability.capture.sampling import Sample, Sampling

# What a step is told of, by the names of `StabilityMonitor.record`.
Given = Mapping[str, Any]


class RecordingByHand(Recording):
    """A recording whose steps are announced by the loop, instead of by the model.

    Args:
      sample_every: See `StepContext`.
    """

    told_as = "StabilityMonitor"

    def __init__(self, *args: Any, sample_every: int, **kwargs: Any) -> None:
        super().__init__(*args, sample_every=sample_every, **kwargs)
        self._sampling = SamplingByHand(self._context.clock, sample_every)
        self._context.sampling = self._sampling
        self._by_hand = HooksByHand(self._context, self._hooks.probes)
        self._hooks = self._by_hand

    @contextlib.contextmanager
    def step(self) -> Iterator[None]:
        """Surrounds a step of the loop; ends the window where it has filled it."""
        if self._ended:
            yield
            return
        if self._record is None:
            self._begin()
        self._hooks.before_execution()
        with self._by_hand.during_step():
            self._sampling.forget()
            yield
        self._hooks.notes.end_step()
        self._context.clock.advance()
        self._hooks.after_execution()
        self.executed()

    def record(self, given: Given, gradients: Gradients | None) -> None:
        """Measures the running step, in graph, by what the loop tells of it."""
        context, tell = self._context, self._hooks.tell
        inputs, outputs, labels, loss = map(given.get, ("inputs", "outputs", "labels", "loss"))
        if inputs is not None:
            tell(lambda probe: probe.on_inputs(context, inputs))
        if outputs is not None:
            with contextlib.suppress(Exception):
                self._hooks.notes.on_outputs(self._model, outputs)
            tell(lambda probe: probe.on_outputs(context, outputs))
        if labels is not None:
            tell(lambda probe: probe.on_labels(context, labels, outputs))
        if loss is not None:
            value = tf.convert_to_tensor(loss)
            self._sampling.note_loss(value)
            tell(lambda probe: probe.on_loss(context, value))
        if gradients is not None:
            # Where no call was seen, the order in which layers were made stands for that of calls.
            context.first_call.setdefault(id(self._model.trained_model), 0)
            tell(lambda probe: probe.on_gradients(context, gradients))
        self._sampling.measure_here()


class SamplingByHand(Sampling):
    """Measures in the function, or eagerly, where the loop tells of its step.

    What was sampled in another function is left: it may be called outside of a step as well.
    """

    def __init__(self, clock: Any, every: int) -> None:
        super().__init__(clock, every)
        self._pending = _Pending()

    def forget(self) -> None:
        """Leaves what was sampled so far."""
        self._pending.samples.clear()
        self._step.loss = None, None

    def add(self, sample: Sample) -> None:
        """Takes a sample of the running step."""
        self._pending.samples.append((_graph(), sample))

    def measure_here(self) -> None:
        """Measures what was sampled in this function so far."""
        graph, pending = _graph(), self._pending.samples
        here = [sample for where, sample in pending if where is graph]
        pending[:] = [pair for pair in pending if pair[0] is not graph]
        if here:
            self._look_at_failure(here)
            self._branch(here)


class _Pending(threading.local):
    # Replicas of a distribution strategy trace their steps in a thread each.
    def __init__(self) -> None:
        self.samples: list[tuple[Any, Sample]] = []


class HooksByHand(StepHooks):
    """Calls probes at the calls of layers while a step of the loop runs, or is traced."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._replacements: list[tuple[Any, str, Callable[..., Any]]] = []
        self._called = True

    def during_step(self) -> contextlib.AbstractContextManager[None]:
        """Surrounds a step: within it the layers are wrapped."""
        return self._installed()

    def _wrap(self) -> None:
        # A model grows only where its layers are called. Else looking for them, in every step,
        # would cost more than all the rest.
        if self._called:
            self._called = False
            known = {(id(owner), name): made for owner, name, made in self._replacements}
            self._replacements = [
                (owner, name, known.get((id(owner), name)) or make())
                for owner, name, make in self._wrappers()
            ]
        for owner, name, replacement in self._replacements:
            replace(self._wrapped, owner, name, replacement)

    def _wrappers(self) -> Iterator[tuple[Any, str, Callable[[], Callable[..., Any]]]]:
        model = self.context.model
        for optimizer in find_optimizers(model).values():
            clip = functools.partial(self._measuring_clip, optimizer)
            yield innermost(optimizer), "_clip_gradients", clip
        for name, operation in walk_operations(model.trained_model):
            yield operation, "call", functools.partial(self._measuring_call, name, operation)

    def _measuring_call(self, name: str, operation: Any) -> Callable[..., Any]:
        measuring = super()._measuring_call(name, operation)

        @functools.wraps(measuring)
        def noting(*args: Any, **kwargs: Any) -> Any:
            self._called = True
            return measuring(*args, **kwargs)

        return noting


class _TrainedByHand:
    """A model with what a loop by hand does not say of it, for all that expects one of `fit`."""

    # Whether the loop is compiled is not known: what is exact for XLA is exact without it.
    jit_compile = True
    run_eagerly = False
    steps_per_execution = 1
    stop_training = False

    def __init__(self, model: Any, optimizer: Any, loss: Any) -> None:
        self.trained_model = model
        self.optimizer = optimizer
        if loss is not None:
            self.loss = loss

    def __getattr__(self, name: str) -> Any:
        return getattr(self.trained_model, name)


def trained_by_hand(model: Any, optimizer: Any, loss: Any) -> Any:
    """Returns a stand-in for a compiled model."""
    # Named like the model's own class, which is what the layer table shows of it.
    return type(type(model).__name__, (_TrainedByHand,), {})(model, optimizer, loss)


def _graph() -> Any:
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()

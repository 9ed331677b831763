"""What of a model is wrapped while its train step is traced, and how it is unwrapped again.

Nothing is left on the model between traces: the wrapped methods exist only while the train step
runs in Python, so that validation, prediction, saving and copying never see them. What stays for
the length of training is `model.train_function`, which Keras keeps for exactly that.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import tensorflow as tf

from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.function_calls import FunctionCalls
from tb_stability.capture.layers import walk_operations
from tb_stability.capture.optimizers import find_optimizers, gradients_given, innermost
from tb_stability.capture.outputs import OutputNotes
from tb_stability.capture.probe import Call, Probe, StepContext
from tb_stability.capture.single_step import SingleStep, has_single_steps

_ABSENT = object()


class StepHooks:
    """Calls probes at the moments of a train step.

    Args:
      context: Shared by the probes.
      probes: The quantities to measure; one that raises is dropped from the list with a warning.
    """

    def __init__(self, context: StepContext, probes: list[Probe]) -> None:
        self.context = context
        self.probes = probes
        self._in_step = list(probes)
        self._on_host = [probe for probe in probes if probe.on_host]
        self.entered = False
        self.notes = OutputNotes()
        self._functions = FunctionCalls(self._tell_of_functions)
        self._lock = threading.Lock()
        self._depth = 0
        self._wrapped = contextlib.ExitStack()
        context.sampling.on_fault = self.step_aside

    def observe(self, train_step: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Returns a train step that does what the given one does, and is measured."""

        @functools.wraps(train_step, updated=())
        def observed_step(data: Any) -> Any:
            self.entered = True
            with self._installed():
                self.context.begin_step()
                self.tell(lambda probe: probe.on_inputs(self.context, _inputs(data)))
                outputs = train_step(data)
                self.context.end_step()
                self.notes.end_step()
            if is_first_replica():
                # Where data of unknown length end, no batch comes, but what needs none would run.
                with tf.control_dependencies(_tensors(data)):
                    self.context.clock.advance()
            return outputs

        return observed_step

    def before_execution(self) -> None:
        """Tells the probes that take part on the host."""
        for probe in tuple(self._on_host):
            try:
                probe.before_execution(self.context)
            except Exception as error:
                self.leave_out(probe, error)

    def after_execution(self, position: int = 0) -> None:
        """Measures what the step kept, and tells the probes that take part on the host.

        Args:
          position: Number of steps in the window before the execution.
        """
        self.context.sampling.measure(position)
        for probe in tuple(self._on_host):
            try:
                probe.after_execution(self.context)
            except Exception as error:
                self.leave_out(probe, error)

    def step_aside(self, probe: Probe, error: Exception, layer: str = "") -> None:
        """Drops a probe that failed in the step, and says so."""
        if probe in self._in_step:
            self._in_step.remove(probe)
        self.leave_out(probe, error, layer)

    def leave_out(self, probe: Probe, error: Exception, layer: str = "") -> None:
        """Drops a probe that failed on the host, and says so.

        Its part in the step stays, for other workers may take part in it.
        """
        if probe in self._on_host:
            self._on_host.remove(probe)
        if probe in self.probes:
            self.probes.remove(probe)
            where = f" of layer {layer!r}" if layer else ""
            warnings.warn(
                f"StabilityCallback cannot measure {probe.name}{where} and leaves it out; training "
                f"goes on. {type(error).__name__}: {error}",
                RuntimeWarning,
                stacklevel=2,
            )

    @contextlib.contextmanager
    def _installed(self) -> Iterator[None]:
        # Replicas of a distribution strategy run the step as threads that wait for each other
        # inside it: the first one in wraps, the last one out unwraps.
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._wrap()
        try:
            yield
        finally:
            with self._lock:
                self._depth -= 1
                if self._depth == 0:
                    self._wrapped.close()

    def _wrap(self) -> None:
        model = self.context.model
        wrap = functools.partial(replace, self._wrapped)
        wrap(model, "compute_loss", self._measuring_loss(model.compute_loss))
        for optimizer in find_optimizers(model).values():
            wrap(optimizer, "apply", self._measuring_gradients(optimizer, optimizer.apply))
            clipper = innermost(optimizer)
            wrap(clipper, "_clip_gradients", self._measuring_clip(optimizer))
        for name, operation in walk_operations(model):
            wrap(operation, "call", self._measuring_call(name, operation))

    def _measuring_loss(self, compute_loss: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(compute_loss, updated=())
        def measuring(*args: Any, **kwargs: Any) -> Any:
            outputs = kwargs.get("y_pred", args[2] if len(args) > 2 else None)
            # What cannot be described stays undescribed.
            with contextlib.suppress(Exception):
                self.notes.on_outputs(self.context.model, outputs)
            self.tell(lambda probe: probe.on_outputs(self.context, outputs))
            labels = kwargs.get("y", args[1] if len(args) > 1 else None)
            if labels is not None:
                self.tell(lambda probe: probe.on_labels(self.context, labels, outputs))
            loss = compute_loss(*args, **kwargs)
            if loss is not None:
                value = tf.convert_to_tensor(loss)
                self.context.sampling.note_loss(value)
                self.tell(lambda probe: probe.on_loss(self.context, value))
            return loss

        return measuring

    def _measuring_gradients(self, optimizer: Any, apply: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(apply, updated=())
        def measuring(grads: Any, trainable_variables: Any = None) -> Any:
            grads = list(grads)
            if trainable_variables is not None:
                trainable_variables = list(trainable_variables)
            gradients = gradients_given(optimizer, grads, trainable_variables)
            self.tell(lambda probe: probe.on_gradients(self.context, gradients))
            return apply(grads, trainable_variables)

        return measuring

    def _measuring_clip(self, optimizer: Any) -> Callable[..., Any]:
        clip = innermost(optimizer)._clip_gradients

        def measuring(grads: Any) -> Any:
            self.tell(lambda probe: probe.on_clip(self.context, optimizer, grads))
            return clip(grads)

        return measuring

    def _measuring_call(self, name: str, operation: Any) -> Callable[..., Any]:
        call = operation.call
        parameters = list(inspect.signature(call).parameters)
        first_call = self.context.first_call

        @functools.wraps(call, updated=())
        def measuring(*args: Any, **kwargs: Any) -> Any:
            first_call.setdefault(id(operation), len(first_call))
            arguments = dict(zip(parameters, args, strict=False)) | kwargs
            with self._functions.during(name, operation):
                tapped = self._tapped(Call(name, operation, arguments, None))
                outputs = call(**(arguments | tapped)) if tapped else call(*args, **kwargs)
                self.notes.on_call(operation, outputs)
                done = Call(name, operation, arguments, outputs)
                self.tell(lambda probe: probe.on_call(self.context, done), layer=name)
            return outputs

        return measuring

    def _tell_of_functions(self, layer: str, calls: Callable[[], Sequence[Call]]) -> None:
        def moment(probe: Probe) -> None:
            for call in calls() if probe.functions else ():
                probe.on_call(self.context, call)

        self.tell(moment, layer=layer)

    def _tapped(self, call: Call) -> dict[str, Any]:
        tapped: dict[str, Any] = {}
        for probe in [probe for probe in self._in_step if probe.taps]:
            try:
                tapped |= probe.before_call(self.context, call)
            except Exception as error:
                self.step_aside(probe, error, call.name)
        return tapped

    def tell(self, moment: Callable[[Probe], None], layer: str = "") -> None:
        """Lets every probe take part in a moment; one that raises is dropped."""
        for probe in list(self._in_step):
            try:
                moment(probe)
            except Exception as error:
                self.step_aside(probe, error, layer)


def replace(stack: contextlib.ExitStack, owner: Any, name: str, replacement: Any) -> None:
    """Gives an object an attribute, until the stack is closed."""
    # Past Keras' and TensorFlow's attribute tracking, which would make it a part of the saved form.
    attributes = vars(owner)
    before = attributes.get(name, _ABSENT)
    attributes[name] = replacement

    def restore() -> None:
        if before is _ABSENT:
            attributes.pop(name, None)
        else:
            attributes[name] = before

    stack.callback(restore)


def make_train_function(model: Any, hooks: StepHooks) -> Callable[[Any], Any]:
    """Returns a train function whose steps are measured, and do what the model's own do.

    The model's `train_function` and `train_step` are as before when this returns.
    """
    own_function = model.train_function
    observed_step = hooks.observe(model.train_step)
    with contextlib.ExitStack() as restored:
        replace(restored, model, "train_step", observed_step)
        try:
            model.train_function = None
            model.make_train_function()
            observed: Callable[[Any], Any] = model.train_function
        finally:
            model.train_function = own_function
    if has_single_steps(model):
        return SingleStep(observed_step, model.jit_compile, otherwise=observed)
    return observed


def _tensors(data: Any) -> list[tf.Tensor]:
    parts = tf.nest.flatten(data, expand_composites=True)
    return [part for part in parts if tf.is_tensor(part)]


def _inputs(data: Any) -> Any:
    return keras.utils.unpack_x_y_sample_weight(data)[0]

"""Measuring in some of the steps only: the first of each window, and one in N after it."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tb_stability.capture.accumulators import OnceAWindow, StepClock
from tb_stability.capture.kept_tensors import KeptTensors


@dataclasses.dataclass(frozen=True)
class Sample:
    """What is to be measured in the steps that are sampled.

    Attributes:
      probe: Whose measurement it is; a `Probe`.
      measure: Called in graph with tensors like those below, and knowing no other tensor of the
        step; writes to accumulators.
      tensors: What it measures, a structure of tensors.
      layer: Name of the layer that is measured, for the warning if this fails.
      on_failure: Whether it is measured, too, in the first step of a window whose loss is not
        finite: what came in there may be the cause, and is seldom sampled by chance.
    """

    probe: Any
    measure: Callable[[Any], None]
    tensors: Any
    layer: str = ""
    on_failure: bool = False


class Sampling:
    """Takes what is to be sampled of a step, and measures it in the steps due.

    Where the host sees each step, the tensors are kept after it, by reference, and a function of
    their own measures them when the step is due. Elsewhere a branch in the step does: in executions
    of several steps, in several replicas, under XLA, and in loops written by hand. A branch costs
    every step, taken or not, and the more the more variables it writes.

    Args:
      clock: Position of the running step in the window.
      every: One step of this many is sampled.

    Attributes:
      on_fault: Called with a probe that raised, its error, and the layer's name or ``""``.
    """

    def __init__(self, clock: StepClock, every: int) -> None:
        self.on_fault: Callable[[Any, Exception, str], None] = _raise
        self._clock = clock
        self._every = every
        self._step = _RunningStep()
        self._kept = KeptTensors()
        self._samples: list[Sample] = []
        self._failure: OnceAWindow | None = None
        self._measure_kept: Any = None

    def begin_step(self, *, seen: bool, compiled: bool) -> None:
        """Notes where and how the step is traced.

        Args:
          seen: Whether `measure` is called after it.
          compiled: Whether XLA compiles the step.
        """
        step = self._step
        step.graph, step.compiled, step.samples = _graph(), compiled, []
        step.loss = None, None
        step.kept = seen and self._every > 1
        if step.kept:
            self._kept.clear()

    def add(self, sample: Sample) -> None:
        """Takes a sample of the running step."""
        if _graph() is self._step.graph:
            # Measured together: each branch, or function, costs time to trace and to run.
            self._step.samples.append(sample)
        else:
            self._branch([sample])

    def note_loss(self, loss: tf.Tensor) -> None:
        """Takes the loss of the running step."""
        self._step.loss = _graph(), loss

    def end_step(self) -> None:
        """Measures what was taken in the step, or keeps it."""
        samples, self._step.samples = self._step.samples, []
        if not samples:
            return
        self._look_at_failure(samples)
        if self._step.kept and self._kept.keep([sample.tensors for sample in samples]):
            self._samples, self._measure_kept = samples, None
        else:
            self._branch(samples)

    def measure(self, position: int) -> None:
        """Measures the step that has just ended, if it is due and was kept.

        Args:
          position: Number of steps in the window before it.
        """
        if not self._samples or position % self._every:
            return
        try:
            if self._measure_kept is None:
                measure = tf.function(self._measure_all, autograph=False)
                self._measure_kept = measure.get_concrete_function()
            self._measure_kept()
        except Exception as error:
            samples, self._samples = self._samples, []
            for sample in samples:
                self.on_fault(sample.probe, error, "")

    def _measure_all(self) -> None:
        def measure(structures: Sequence[Any]) -> None:
            for sample, tensors in zip(self._samples, structures, strict=True):
                self._measure(sample, tensors)

        with self._clock.after_step():
            self._kept.use(measure)

    def _look_at_failure(self, samples: Sequence[Sample]) -> None:
        """Measures what is to be seen of a step that fails, in graph."""
        wanted = [sample for sample in samples if sample.on_failure]
        graph, loss = self._step.loss
        if not wanted or loss is None or graph is not _graph() or self._every == 1:
            return
        if self._failure is None:
            self._failure = OnceAWindow(self._clock)
        failed = tf.logical_not(tf.reduce_all(tf.math.is_finite(loss)))
        self._run_if(tf.logical_and(failed, self._failure.is_due()), wanted, self._failure.done)

    def _branch(self, samples: Sequence[Sample]) -> None:
        due = True if self._every == 1 else tf.equal(self._clock.slot() % self._every, 0)
        self._run_if(due, samples)

    def _run_if(
        self, due: Any, samples: Sequence[Sample], then: Callable[[], None] = lambda: None
    ) -> None:
        def run() -> tf.Tensor:
            for sample in samples:
                self._measure(sample, sample.tensors)
            then()
            return tf.constant(0)

        if due is True or tf.executing_eagerly():
            # A function would be traced anew in each step.
            if due:
                run()
            return
        if not self._step.compiled:
            # Inlined, each operation would cost the steps that are not sampled as well.
            run = tf.function(run, autograph=False, experimental_attributes={"_noinline": True})
        tf.cond(due, run, lambda: tf.constant(0))

    def _measure(self, sample: Sample, tensors: Any) -> None:
        try:
            sample.measure(tensors)
        except Exception as error:
            self.on_fault(sample.probe, error, sample.layer)


class _RunningStep(threading.local):
    # The replicas of a distribution strategy trace the step in a thread each, and each thread has
    # attributes of its own here.
    def __init__(self) -> None:
        self.graph: Any = None
        self.kept = False
        self.compiled = False
        self.loss: tuple[Any, tf.Tensor | None] = None, None
        self.samples: list[Sample] = []


def _graph() -> Any:
    return None if tf.executing_eagerly() else tf.compat.v1.get_default_graph()


def _raise(probe: Any, error: Exception, layer: str) -> None:
    raise error

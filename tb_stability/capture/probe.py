"""The contract that every measured quantity fulfils."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from tb_stability.capture.accumulators import StepClock
from tb_stability.capture.layers import LayerRow, layer_rows
from tb_stability.capture.sampling import Sample, Sampling
from tb_stability.metadata import SeriesMetadata

Measurement = tuple[SeriesMetadata, npt.ArrayLike]


class StepContext:
    """What the probes of one call of `fit` share.

    Args:
      model: The model in training.
      clock: Position of the running step in the window.
      sample_every: Sampled quantities are measured in one step of this many.

    Attributes:
      first_call: Order of a layer's first call in the train step, by `id` of the layer.
      sampling: Measures what is sampled.
    """

    def __init__(self, model: Any, clock: StepClock, sample_every: int = 1) -> None:
        self.model = model
        self.clock = clock
        self.first_call: dict[int, int] = {}
        self.sampling = Sampling(clock, sample_every)

    @property
    def compiled(self) -> bool:
        """Whether XLA compiles the step."""
        return bool(self.model.jit_compile) and not self.model.run_eagerly

    def rows(self) -> tuple[LayerRow, ...]:
        """Returns the layers with weights in forward order, as far as they are built by now."""
        return layer_rows(self.model, self.first_call)

    def begin_step(self) -> None:
        """Notes where the step is traced."""
        single = self.model.steps_per_execution == 1 and not tf.distribute.has_strategy()
        # What a graphics card makes of a variable of variant type was never seen.
        seen = single and not tf.executing_eagerly() and not tf.config.list_logical_devices("GPU")
        self.sampling.begin_step(seen=seen and not self.compiled, compiled=self.compiled)

    def sample(
        self,
        probe: Probe,
        measure: Callable[[Any], None],
        tensors: Any,
        layer: str = "",
        *,
        on_failure: bool = False,
    ) -> None:
        """Measures in the sampled steps only: the first of each window, and one in N after it.

        Args:
          probe: Whose measurement it is.
          measure: Called in graph with tensors like those below, and knowing no other tensor of
            the step; writes to accumulators.
          tensors: What it measures, a structure of tensors.
          layer: Name of the layer that is measured, for the warning if this fails.
          on_failure: Whether to measure, too, in the first step of each window whose loss is not
            finite.
        """
        self.sampling.add(Sample(probe, measure, tensors, layer, on_failure))

    def end_step(self) -> None:
        """Measures what was sampled in the step, or sees to it that it can be measured after."""
        self.sampling.end_step()


@dataclasses.dataclass(frozen=True)
class Gradients:
    """What an optimizer is about to apply.

    Attributes:
      pairs: Gradients as the optimizer was given them (dense, `tf.IndexedSlices`, or None), each
        with its variable.
      scale: Factor by which the loss, and so every gradient, was multiplied; None for none.
      dynamic: Whether the optimizer skips steps with non-finite gradients and lowers the scale.
    """

    pairs: Sequence[tuple[Any, Any]]
    scale: tf.Tensor | None = None
    dynamic: bool = False


@dataclasses.dataclass(frozen=True)
class Call:
    """A call of a layer.

    Attributes:
      name: Path of the layer below the model.
      layer: The layer, the operation of a functional model, or an `AppliedFunction`.
      arguments: What its `call` was given, by parameter.
      outputs: What it returned.
    """

    name: str
    layer: Any
    arguments: Mapping[str, Any]
    outputs: Any


class Probe:
    """Measures one quantity: in graph during the step, read by the host at a window's end.

    A subclass overrides the moments it measures at; they are called while the train step is traced
    (in every step, where it runs eagerly), in the replica's context under a distribution strategy.
    Nothing a probe does may change what flows through the step. A probe that raises is named in a
    warning and takes no further part.

    Attributes:
      name: The quantity, as in `metadata.Quantity.name`.
      on_host: Whether it takes part in `before_execution` and `after_execution`.
      taps: Whether it takes part in `before_call`.
      functions: Whether `on_call` is told as well of functions that a layer's own `call` applies.
    """

    name: str = ""
    on_host: bool = False
    taps: bool = False
    functions: bool = False

    def on_inputs(self, context: StepContext, inputs: Any) -> None:
        """A step begins: the batch's inputs, a structure of tensors as the model is given it."""

    def before_call(self, context: StepContext, call: Call) -> Mapping[str, Any]:
        """A layer is about to be called: returns arguments to give it, equal to those it is given.

        The call has no outputs yet.
        """
        return {}

    def on_call(self, context: StepContext, call: Call) -> None:
        """A layer, or an operation of a functional model, was called."""

    def on_outputs(self, context: StepContext, outputs: Any) -> None:
        """The loss is about to be computed of the model's outputs, a structure of tensors."""

    def on_labels(self, context: StepContext, labels: Any, outputs: Any) -> None:
        """The same moment, with the labels, a structure of tensors, that outputs are held to."""

    def on_loss(self, context: StepContext, loss: tf.Tensor) -> None:
        """The loss of the step was computed: a scalar, unscaled; this replica's share of it."""

    def on_gradients(self, context: StepContext, gradients: Gradients) -> None:
        """An optimizer is about to apply gradients: this replica's share of them."""

    def on_clip(self, context: StepContext, optimizer: Any, gradients: Sequence[Any]) -> None:
        """An optimizer is about to clip gradients, or would if it were told to."""

    def before_execution(self, context: StepContext) -> None:
        """The host is about to run the train function."""

    def after_execution(self, context: StepContext) -> None:
        """The train function has run."""

    def collect(self, steps: int) -> Iterator[Measurement]:
        """Yields what was measured in the window of `steps` steps, and begins the next window."""
        return iter(())

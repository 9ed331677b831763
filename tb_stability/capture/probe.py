"""The contract that every measured quantity fulfils."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy.typing as npt
import tensorflow as tf

from tb_stability.capture.accumulators import StepClock
from tb_stability.capture.layers import LayerRow, layer_rows
from tb_stability.metadata import SeriesMetadata

Measurement = tuple[SeriesMetadata, npt.ArrayLike]


@dataclasses.dataclass
class StepContext:
    """What the probes of one call of `fit` share.

    Attributes:
      model: The model in training.
      clock: Position of the running step in the window.
      first_call: Order of a layer's first call in the train step, by `id` of the layer.
    """

    model: Any
    clock: StepClock
    first_call: dict[int, int] = dataclasses.field(default_factory=dict)

    @property
    def compiled(self) -> bool:
        """Whether XLA compiles the step."""
        return bool(self.model.jit_compile) and not self.model.run_eagerly

    def rows(self) -> tuple[LayerRow, ...]:
        """Returns the layers with weights in forward order, as far as they are built by now."""
        return layer_rows(self.model, self.first_call)


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


class Probe:
    """Measures one quantity: in graph during the step, read by the host at a window's end.

    A subclass overrides the moments it measures at; they are called while the train step is traced
    (in every step, where it runs eagerly), in the replica's context under a distribution strategy.
    Nothing a probe does may change what flows through the step. A probe that raises is named in a
    warning and takes no further part.

    Attributes:
      name: The quantity, as in `metadata.Quantity.name`.
    """

    name = ""

    def on_loss(self, context: StepContext, loss: tf.Tensor) -> None:
        """The loss of the step was computed: a scalar, unscaled; this replica's share of it."""

    def on_gradients(self, context: StepContext, gradients: Gradients) -> None:
        """An optimizer is about to apply gradients: this replica's share of them."""

    def collect(self, steps: int) -> Iterator[Measurement]:
        """Yields what was measured in the window of `steps` steps, and begins the next window."""
        return iter(())


ProbeFactory = Callable[[], Probe]

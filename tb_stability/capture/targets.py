"""Range of what the outputs of a regression are held to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tb_stability.capture.distribution import is_first_replica
from tb_stability.capture.labels import labels_by_output
from tb_stability.capture.logits import find_logits, outputs_with_losses
from tb_stability.capture.outputs import loss_name
from tb_stability.capture.probe import Measurement, Probe, StepContext
from tb_stability.capture.ranges import RANGE, Ranges
from tb_stability.metadata import Quantity
from tb_stability.record import is_cross_entropy

TARGETS = Quantity(
    name="targets",
    title="Targets",
    description=(
        "Mean, standard deviation and range of the finite elements of what each output that is "
        "no classifier's is held to, over the measured batches."
    ),
    row_kind="output",
    statistics=RANGE,
)


class Targets(Probe):
    """Sampled, of the labels of every output that has no logits, or a loss that asks for none.

    A regression may end in a sigmoid, as one of pixels does, and by mistake in a softmax.

    What it is good for: who always predicts the mean of its targets has a mean squared error of
    their variance. A loss far above that has learnt nothing, whatever its size.
    See `tb_stability.capture.ranges.Ranges` for the statistics.
    """

    name = TARGETS.name

    def __init__(self) -> None:
        self._ranges = Ranges(TARGETS)

    def on_labels(self, context: StepContext, labels: Any, outputs: Any) -> None:
        if not is_first_replica():
            return
        losses = {name: loss for name, _, loss in outputs_with_losses(context.model, outputs)}
        given = labels_by_output(labels, list(losses))
        classifiers = {
            output.name
            for output in find_logits(context.model, outputs)
            if is_cross_entropy(loss_name(losses[output.name]))
        }
        found = {
            name: tensor
            for name, tensor in given.items()
            if name not in classifiers and (tensor.dtype.is_floating or tensor.dtype.is_integer)
        }
        self._ranges.sample(self, context, found)

    def collect(self, steps: int) -> Iterator[Measurement]:
        yield from self._ranges.collect(steps)

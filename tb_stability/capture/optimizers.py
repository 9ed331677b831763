"""The optimizers of a model, and what their settings mean for the gradients they are given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from tb_stability.capture.probe import Gradients


def find_optimizers(model: Any) -> dict[str, Any]:
    """Returns the optimizers that a model holds, by a unique name.

    The one it was compiled with comes first; a custom `train_step` may use others, held as
    attributes or in lists and dicts of the model. Optimizers inside another one are not listed.
    """
    found: dict[str, Any] = {}
    inner: set[int] = set()
    for attribute, optimizer in _attributes(model):
        if any(optimizer is other for other in found.values()):
            continue
        inner.add(id(getattr(optimizer, "inner_optimizer", None)))
        name = _name(innermost(optimizer))
        found[attribute if name in found else name] = optimizer
    return {name: optimizer for name, optimizer in found.items() if id(optimizer) not in inner}


def _name(optimizer: Any) -> str:
    # Keras numbers the optimizers of a process, which would tell apart what is to be compared.
    given = str(optimizer.name)
    own = type(optimizer).__name__.lower()
    number = given.removeprefix(own).removeprefix("_")
    return own if given.startswith(own) and number.isdigit() else given


def _attributes(model: Any) -> Iterator[tuple[str, Any]]:
    compiled = getattr(model, "optimizer", None)
    if isinstance(compiled, keras.optimizers.Optimizer):
        yield "optimizer", compiled
    for name, value in vars(model).items():
        if isinstance(value, (list, tuple)):
            candidates = [(f"{name}_{index}", item) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            candidates = [(f"{name}_{key}", item) for key, item in value.items()]
        else:
            candidates = [(name, value)]
        for label, candidate in candidates:
            if isinstance(candidate, keras.optimizers.Optimizer):
                yield label, candidate


def innermost(optimizer: Any) -> Any:
    """Returns the optimizer that a `LossScaleOptimizer` wraps, or the optimizer itself."""
    return getattr(optimizer, "inner_optimizer", None) or optimizer


def steps_taken(model: Any) -> int:
    """Returns the number of training steps that a model's optimizers have seen."""
    for optimizer in find_optimizers(model).values():
        inner = innermost(optimizer)
        # `iterations` counts updates of the weights: gradient accumulation makes one in several
        # steps.
        steps = int(keras.ops.convert_to_numpy(inner.iterations)) * (
            inner.gradient_accumulation_steps or 1
        )
        if steps:
            return steps
    return 0


def learning_rate(optimizer: Any) -> float:
    """Returns the learning rate of the optimizer's next step; NaN where it has none."""
    inner = innermost(optimizer)
    given = getattr(inner, "_learning_rate", None)
    if isinstance(given, keras.Variable):
        return float(given.value.numpy())  # in far less time than by way of `learning_rate`
    rate = inner.learning_rate
    return float(np.nan if rate is None else keras.ops.convert_to_numpy(rate))


def gradients_given(optimizer: Any, grads: Any, variables: Any) -> Gradients:
    """Describes the arguments of `optimizer.apply`."""
    if variables is None:
        variables = optimizer._trainable_variables
    pairs = list(zip(grads, variables, strict=False))
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        scale = optimizer.dynamic_scale.value if optimizer.built else optimizer.initial_scale
        return Gradients(pairs, scale, dynamic=True)
    return Gradients(pairs, optimizer.loss_scale_factor)

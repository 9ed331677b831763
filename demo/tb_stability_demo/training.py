"""What a run trains, and the one call of `fit` that all runs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tb_stability_demo.case import DemoRun
from tb_stability_demo.data import Split

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Training:
    """What one run trains.

    Attributes:
      model: Compiled.
      data: To train on and to validate with.
      epochs: How long.
      batch_size: Samples a step.
      schedule: Sets the learning rate; called before the other callbacks, so that they see the
        rate of the epoch they are in.
      options: What else `fit` is given, e.g. ``{"shuffle": False}``.
    """

    model: keras.Model
    data: Split
    epochs: int
    batch_size: int = 64
    schedule: keras.callbacks.Callback | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def train(
    run: DemoRun, seed: int, callbacks: Sequence[keras.callbacks.Callback]
) -> keras.callbacks.History:
    """Trains a run from a seed, the same whichever ran before it.

    Args:
      run: What to train.
      seed: Decides the data, the initial weights and the order of the samples.
      callbacks: What watches.
    """
    import keras

    keras.utils.set_random_seed(seed)
    training = run.training(seed)
    schedule = [training.schedule] if training.schedule else []
    return training.model.fit(
        training.data.x,
        training.data.y,
        validation_data=training.data.validation,
        epochs=training.epochs,
        batch_size=training.batch_size,
        callbacks=[*schedule, *callbacks],
        verbose=0,
        **training.options,
    )

"""The training that is killed: short, deterministic, checkpointed, and unstable towards its end.

To be called in a process of its own that is forked after the imports.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from tb_stability import StabilityCallback

STEPS_PER_EPOCH = 10
WINDOW_STEPS = 5
BATCH = 4
# In the last epochs the learning rate is a thousand times too high.
BROKEN_EPOCHS = 3

TellStep = Callable[[int], None]


def train(
    log_dir: pathlib.Path, checkpoint: pathlib.Path, epochs: int, tell_step: TellStep
) -> None:
    """Trains from the last checkpoint, or from the beginning, to the end.

    Args:
      log_dir: Where the callback writes.
      checkpoint: File of the last checkpoint; replaced, as a whole, after each epoch.
      epochs: How many there are.
      tell_step: Called with the number of each step that is done.
    """
    rng = np.random.default_rng(0)
    x = rng.normal(size=(BATCH * STEPS_PER_EPOCH, 6)).astype(np.float32)
    y = np.tanh(x @ rng.normal(size=(6, 2))).astype(np.float32)
    model = _new_model()
    if checkpoint.exists():
        with np.load(checkpoint) as saved:
            for variable, name in zip(_state(model), saved.files, strict=True):
                variable.assign(saved[name])
    broken_from = epochs - BROKEN_EPOCHS
    callbacks = [
        StabilityCallback(log_dir, window_steps=WINDOW_STEPS),
        keras.callbacks.LearningRateScheduler(lambda epoch: 3.0 if epoch >= broken_from else 0.003),
        _Steps(tell_step),
        _Checkpoint(checkpoint),
    ]
    model.fit(
        x,
        y,
        batch_size=BATCH,
        shuffle=False,
        verbose=0,
        initial_epoch=int(model.optimizer.iterations) // STEPS_PER_EPOCH,
        epochs=epochs,
        callbacks=callbacks,
    )


def _new_model() -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, activation="relu", name="hidden"),
            keras.layers.Dense(2, name="head"),
        ]
    )
    optimizer = keras.optimizers.SGD(0.003, momentum=0.9)
    optimizer.build(model.trainable_variables)
    model.compile(optimizer, "mse")
    return model


def _state(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]


class _Steps(keras.callbacks.Callback):
    """Stands behind the stability callback: what is told here was recorded before."""

    def __init__(self, tell_step: TellStep) -> None:
        super().__init__()
        self._tell_step = tell_step

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._tell_step(int(self.model.optimizer.iterations))


class _Checkpoint(keras.callbacks.Callback):
    def __init__(self, path: pathlib.Path) -> None:
        super().__init__()
        self._path = path

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        written = self._path.with_suffix(".new.npz")
        np.savez(written, *(variable.numpy() for variable in _state(self.model)))
        os.replace(written, self._path)

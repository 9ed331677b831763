"""A line fitted in ten steps an epoch, for what is told by when things happen."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from tests.capture import by_hand
from tests.capture.recorded import read_series

BATCH = 4
RNG = np.random.default_rng(2)
X = RNG.normal(size=(40, 3)).astype(np.float32)
Y = RNG.normal(size=(40, 1)).astype(np.float32)


def compiled(optimizer: Any = "adam", **options: Any) -> Any:
    keras.utils.set_random_seed(8)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="head")], name="line")
    model.compile(optimizer, "mse", **options)
    return model


def fit(model: Any, *callbacks: Any, **options: Any) -> Any:
    options = {"epochs": 1, "batch_size": BATCH, "shuffle": False, "verbose": 0} | options
    return model.fit(X, Y, callbacks=list(callbacks), **options)


def check(log_dir: Any, steps: slice, *, epochs: int, optimizer: Any = "adam") -> None:
    """Compares what was recorded, a step a window, with steps of a training by hand.

    Args:
      log_dir: Directory of the run.
      steps: Which steps it recorded.
      epochs: Epochs of the training by hand.
      optimizer: Of the training by hand.
    """
    model = compiled(optimizer)
    batches = by_hand.in_order(X, Y, size=BATCH) * epochs
    losses, norms = by_hand.train(model, batches, {"head": model.trainable_variables})
    series = read_series(log_dir)
    gradient, loss = series["stability/gradient_norm"], series["stability/loss"]
    assert gradient.steps == loss.steps == list(range(1, len(batches) + 1))[steps]
    np.testing.assert_allclose(gradient.statistic("last"), norms[steps], rtol=1e-5)
    np.testing.assert_allclose(loss.of_row("loss"), losses[steps], rtol=1e-5)


def check_same(model: Any, expected: Any) -> None:
    """Compares weights and optimizer state of two models to the last bit."""
    for one, other in ((model, expected), (model.optimizer, expected.optimizer)):
        for found, wanted in zip(one.variables, other.variables, strict=True):
            np.testing.assert_array_equal(found.numpy(), wanted.numpy(), wanted.path)


def windows_of(log_dir: Any) -> list[tuple[int, int, int]]:
    """First step, last step and epoch of each window."""
    series = read_series(log_dir)["stability/windows"]
    assert series.rows == ("window",)
    return [
        (step - int(steps) + 1, step, int(epoch))
        for step, ((epoch, steps, _),) in zip(series.steps, series.values, strict=True)
    ]


class OnBatch(keras.callbacks.Callback):
    """Does something at the end of one batch."""

    def __init__(self, batch: int, action: Any) -> None:
        super().__init__()
        self.batch = batch
        self.action = action
        self.calls = 0
        self.result: Any = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.calls += 1
        if self.calls == self.batch:
            self.result = self.action(self.model)


def interrupt(_: Any) -> None:
    raise KeyboardInterrupt


def fail(_: Any) -> None:
    raise ArithmeticError("from a callback")

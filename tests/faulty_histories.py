"""Logs of epochs that went wrong, with the kind that must be told and the epoch of its onset."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tests.histories import Columns, History, classifier

FAULTY: dict[str, tuple[History, str, int]] = {}


def faulty(kind: str, epoch: int) -> Callable[[History], History]:
    def add(history: History) -> History:
        FAULTY[history.__name__] = history, kind, epoch
        return history

    return add


@faulty("loss_divergence", 20)
def both_losses_jump(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 30)
    loss[20:] += 1.0
    accuracy[20:] -= 0.3
    return {"loss": loss, "accuracy": accuracy, "val_loss": 1.05 * loss}


@faulty("loss_divergence", 13)
def both_losses_jump_at_the_end(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 15)
    loss[13:] += 1.0
    return {"loss": loss, "accuracy": accuracy}


@faulty("loss_spike", 15)
def a_jump_that_takes_epochs_to_recover(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 40)
    loss[15:19] += 1.5
    return {"loss": loss, "accuracy": accuracy, "val_loss": 1.05 * loss}


@faulty("loss_divergence", 1)
def divergence_from_the_start(rng: np.random.Generator) -> Columns:
    return {"loss": 1.6 ** np.arange(20)}


@faulty("loss_divergence", 8)
def an_explosion_that_stays_finite(rng: np.random.Generator) -> Columns:
    loss, _ = classifier(rng, 12)
    loss[8:] = [1e3, 1e9, 1e15, 1e22]
    return {"loss": loss}


@faulty("loss_divergence", 16)
def accuracy_falls_to_chance(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 30)
    loss[16:], accuracy[16:] = 2.303, 0.1
    return {"loss": loss, "accuracy": accuracy}


@faulty("loss_metric_contradiction", 16)
def accuracy_falls_to_chance_while_the_loss_is_calm(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 30)
    accuracy[16:] = 0.1
    return {"loss": loss, "accuracy": accuracy}


@faulty("loss_metric_contradiction", 0)
def one_unit_softmax(rng: np.random.Generator) -> Columns:
    return {"loss": np.zeros(10), "accuracy": np.full(10, 0.5)}


@faulty("validation_spike", 15)
def only_validation_collapses(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 30)
    validation, right = 1.1 * loss, accuracy - 0.02
    validation[15:], right[15:] = 5.0, 0.1
    return {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": validation,
        "val_accuracy": right,
    }


@faulty("nonfinite_loss", 0)
def nan_from_the_first_epoch(rng: np.random.Generator) -> Columns:
    return {"loss": np.full(5, np.nan), "accuracy": np.full(5, 0.098)}


@faulty("nonfinite_loss", 8)
def nan_in_validation_only(rng: np.random.Generator) -> Columns:
    loss, _ = classifier(rng, 20)
    return {"loss": loss, "val_loss": np.where(np.arange(20) < 8, loss, np.nan)}


@faulty("nonfinite_loss", 5)
def nan_in_one_of_two_losses(rng: np.random.Generator) -> Columns:
    loss = np.where(np.arange(20) < 5, 0.7, np.nan)
    return {"d_loss": np.full(20, 0.7), "g_loss": loss}


@faulty("nonfinite_loss", 9)
def infinite_within_an_epoch(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 20)
    loss[9:] = np.inf
    return {"loss": loss, "accuracy": accuracy}


@faulty("chance_accuracy", 0)
def chance_among_ten(rng: np.random.Generator) -> Columns:
    noise = 0.002 * rng.standard_normal((2, 12))
    return {"loss": 2.3026 + noise[0], "accuracy": 0.1 + noise[1]}


@faulty("chance_accuracy", 0)
def chance_after_a_bad_first_epoch(rng: np.random.Generator) -> Columns:
    loss = 2.3026 + 0.002 * rng.standard_normal(12)
    loss[0] = 6.0
    return {"loss": loss, "accuracy": 0.1 + 0.004 * rng.standard_normal(12)}


@faulty("chance_accuracy", 0)
def chance_in_percent(rng: np.random.Generator) -> Columns:
    loss = 0.6931 + 0.0005 * rng.standard_normal(12)
    return {"loss": loss, "accuracy": 50 + rng.standard_normal(12)}


@faulty("loss_metric_contradiction", 0)
def one_unit_softmax_in_percent(rng: np.random.Generator) -> Columns:
    return {"loss": np.zeros(10), "accuracy": np.full(10, 50.0)}


@faulty("chance_accuracy", 0)
def always_the_same_class(rng: np.random.Generator) -> Columns:
    loss = 0.612 + 0.0003 * rng.random(15)
    loss[0] = 0.75
    return {"loss": loss, "accuracy": np.full(15, 0.7)}


@faulty("not_learning", 0)
def constant_to_the_last_bit(rng: np.random.Generator) -> Columns:
    return {"loss": np.full(10, 15.942385), "accuracy": np.full(10, 0.0987)}


@faulty("not_learning", 0)
def a_regression_that_is_stuck(rng: np.random.Generator) -> Columns:
    return {"loss": 584.2 + 0.01 * rng.standard_normal(10), "val_loss": np.full(10, 590.0)}


@faulty("oscillating_loss", 0)
def to_and_fro(rng: np.random.Generator) -> Columns:
    return {"loss": 0.8 + 0.3 * (-1.0) ** np.arange(30) * rng.uniform(0.9, 1.1, 30)}

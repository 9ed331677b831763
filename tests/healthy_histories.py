"""Logs of epochs that look odd and are healthy: each tempts a rule."""

from __future__ import annotations

import numpy as np

from tests.histories import Columns, History, classifier, decay

HEALTHY: dict[str, History] = {}


def healthy(history: History) -> History:
    HEALTHY[history.__name__] = history
    return history


@healthy
def one_to_three_epochs(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, int(rng.integers(1, 4)), noise=0.1)
    return {"loss": loss, "accuracy": accuracy, "val_loss": 1.1 * loss}


@healthy
def thousands_of_epochs(rng: np.random.Generator) -> Columns:
    loss = 1e-3 + decay(3000, 400) * (1 + 0.1 * rng.standard_normal(3000))
    return {"loss": np.abs(loss), "val_loss": np.abs(1.1 * loss)}


@healthy
def reaches_zero_and_jumps_there(rng: np.random.Generator) -> Columns:
    loss = np.maximum(2.3 * 10.0 ** (-np.arange(100) / 5), 1e-8)
    for at in (40, 60, 85):
        loss[at : at + 3] = 10.0 ** rng.uniform(-4, -2.2)
    return {"loss": loss, "accuracy": 1 - np.minimum(loss, 0.9)}


@healthy
def an_outlier(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 60)
    loss[30] *= 20
    return {"loss": loss, "accuracy": accuracy}


@healthy
def imbalanced_but_learnt(rng: np.random.Generator) -> Columns:
    left = decay(30, 8)
    return {"loss": 0.21 + 0.12 * left, "accuracy": 0.95 - 0.05 * left}


@healthy
def regression_on_any_scale(rng: np.random.Generator) -> Columns:
    scale = 10.0 ** rng.uniform(-4, 8)
    loss = scale * (0.1 + decay(40, 5)) * (1 + 0.05 * rng.standard_normal(40))
    return {"loss": loss, "mae": np.sqrt(loss), "val_loss": 1.1 * loss}


@healthy
def regression_with_an_accuracy(rng: np.random.Generator) -> Columns:
    return {"loss": 1e-4 + 0.1 * decay(30, 4), "accuracy": np.full(30, 0.0312)}


@healthy
def autoencoder_with_an_accuracy(rng: np.random.Generator) -> Columns:
    return {"loss": 0.09 + 0.16 * decay(30, 3), "accuracy": np.full(30, 0.81)}


@healthy
def padded_sequences(rng: np.random.Generator) -> Columns:
    left = decay(30, 6)
    return {"loss": 0.05 + 0.45 * left, "accuracy": 0.72 - 0.5 * left}


@healthy
def label_noise(rng: np.random.Generator) -> Columns:
    left = decay(50, 5)
    loss = 1.7 + 0.6 * left + 0.02 * rng.standard_normal(50)
    return {"loss": loss, "accuracy": 0.4 - 0.3 * left}


@healthy
def fine_tuning_that_changes_little(rng: np.random.Generator) -> Columns:
    noise = 0.004 * rng.standard_normal((4, 5))
    return {
        "loss": 0.25 + noise[0],
        "accuracy": 0.93 + noise[1],
        "val_loss": 0.3 + noise[2],
        "val_accuracy": 0.92 + noise[3],
    }


@healthy
def solved_before_it_began(rng: np.random.Generator) -> Columns:
    return {"loss": np.full(10, 1e-8), "accuracy": np.ones(10)}


@healthy
def learnt_within_the_first_epoch(rng: np.random.Generator) -> Columns:
    return {"loss": np.append(0.105, 0.1 * (1 + 0.01 * rng.standard_normal(9)))}


@healthy
def a_language_model_of_few_epochs(rng: np.random.Generator) -> Columns:
    return {"loss": [2.31, 2.25, 2.2], "val_loss": [2.28, 2.24, 2.22]}


@healthy
def validation_alone(rng: np.random.Generator) -> Columns:
    epochs = np.arange(40)
    return {"val_loss": 0.6 + 1.5 * decay(40, 5) + 0.05 * np.maximum(epochs - 10, 0)}


@healthy
def accuracy_in_percent(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 30)
    return {"loss": loss, "accuracy": 100 * accuracy}


@healthy
def unfreezing(rng: np.random.Generator) -> Columns:
    loss = np.concatenate([0.5 + 0.7 * decay(10, 2), 0.2 + 0.55 * decay(10, 3)])
    return {"loss": loss, "accuracy": 1 - loss / 2.5}


@healthy
def warm_up(rng: np.random.Generator) -> Columns:
    loss = np.concatenate([6.9 - 0.05 * np.arange(5), 2 + 4.7 * decay(35, 8)])
    rate = np.minimum(np.arange(40) / 10, 1) * 1e-3
    return {"loss": loss + 0.03 * rng.standard_normal(40), "learning_rate": rate}


@healthy
def restarts(rng: np.random.Generator) -> Columns:
    base, phase = 0.3 + 2 * decay(60, 10), np.arange(60) % 15 / 15
    loss = base * (1 + 0.25 * (np.arange(60) >= 15) * (1 - phase) ** 2)
    return {"loss": loss, "learning_rate": 0.05 * (1 + np.cos(np.pi * phase))}


@healthy
def restarts_that_take_epochs_to_recover(rng: np.random.Generator) -> Columns:
    phase = np.arange(60) % 20 / 20
    loss = 0.3 + 2 * decay(60, 5) + 0.8 * (np.arange(60) >= 20) * (1 - phase) ** 2
    return {"loss": loss, "lr": 0.05 * (1.01 + np.cos(np.pi * phase))}


@healthy
def a_rate_that_alternates(rng: np.random.Generator) -> Columns:
    sign = (-1.0) ** np.arange(40)
    return {"loss": 0.4 + 0.2 * decay(40, 3) + 0.08 * sign, "lr": 1e-3 * (1.1 + sign)}


@healthy
def likelihood_below_zero(rng: np.random.Generator) -> Columns:
    loss = 0.1 - 20 * (1 - decay(100, 30)) + 0.3 * rng.standard_normal(100)
    return {"loss": loss, "val_loss": loss + 0.1}


@healthy
def generative_adversarial(rng: np.random.Generator) -> Columns:
    wander = np.cumsum(rng.normal(0, 0.4, (2, 100)), axis=1)
    losses = np.clip(0.8 + 0.4 * np.sin(wander), 0.1, 6)
    return {"d_loss": losses[0], "g_loss": losses[1], "loss": losses.sum(axis=0)}


@healthy
def reinforcement(rng: np.random.Generator) -> Columns:
    loss = (0.05 + 0.005 * np.arange(200)) * np.exp(0.3 * rng.standard_normal(200))
    return {"loss": loss, "episode_reward": np.arange(200)}


@healthy
def batches_with_outliers(rng: np.random.Generator) -> Columns:
    return {"loss": np.abs(0.5 + 1.5 * decay(40, 10) + 0.1 * rng.standard_t(3, 40))}


@healthy
def overfitting(rng: np.random.Generator) -> Columns:
    epochs = np.arange(50)
    validation = 0.6 + 1.5 * decay(50, 6) + 0.02 * np.maximum(epochs - 15, 0)
    accuracy = 0.8 - 0.1 * np.maximum(epochs - 15, 0) / 35
    loss = 0.01 + 2 * decay(50, 8)
    return {"loss": loss, "val_loss": validation, "val_accuracy": accuracy}


@healthy
def validation_on_little_data(rng: np.random.Generator) -> Columns:
    loss, _ = classifier(rng, 25)
    right = rng.binomial(16, 0.75, 25) / 16
    return {"loss": loss, "val_loss": 0.5 + 0.3 * rng.random(25), "val_accuracy": right}


@healthy
def validation_that_spikes(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 40)
    validation = 1.2 * loss
    validation[rng.integers(5, 35)] *= 10
    return {"loss": loss, "accuracy": accuracy, "val_loss": validation}


@healthy
def a_late_start(rng: np.random.Generator) -> Columns:
    wait = int(rng.integers(4, 20))
    stuck = 2.303 + 0.002 * rng.standard_normal(wait)
    loss = np.concatenate([stuck, 0.3 + 2 * decay(25, 6)])
    accuracy = np.concatenate([np.full(wait, 0.1), 0.92 - 0.82 * decay(25, 6)])
    return {"loss": loss, "accuracy": accuracy}


@healthy
def resumed_with_a_fresh_optimizer(rng: np.random.Generator) -> Columns:
    loss, _ = classifier(rng, 20)
    bump = loss[-1] * np.concatenate([[1.5, 1.2, 1.05], decay(17, 30)])
    return {"loss": np.concatenate([loss, bump])}

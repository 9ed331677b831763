"""Logs that went wrong, of single batches and of epochs."""

from __future__ import annotations

import numpy as np

from benchmarks.logs.log import STUCK, batches, faulty, steps
from tests.histories import Columns, classifier, decay


@faulty("loss_divergence", at=(380, 420))
def batches_that_diverge(rng: np.random.Generator) -> Columns:
    """After 400 of 500 noisy batches the loss climbs to three times its start and stays."""
    level = np.where(np.arange(500) < 400, 0.4 + 2 * decay(500, 80), 6.0)
    return steps(batches(rng, level, shape=8))


@faulty("loss_divergence", at=(560, 640), held_out=True)
def a_language_model_that_falls(rng: np.random.Generator) -> Columns:
    """From 3.2 back to 7.5 within fifty rows, for good."""
    index = np.arange(900)
    level = 3.2 + 7 * decay(900, 100) + 4.3 / (1 + np.exp(-(index - 620) / 10))
    return steps(level * (1 + 0.04 * rng.standard_normal(900)), every=10)


@faulty("nonfinite_loss", at=(73, 73))
def infinite_in_half_precision(rng: np.random.Generator) -> Columns:
    loss = (0.5 + 2 * decay(120, 30)) * (1 + 0.1 * rng.standard_normal(120))
    loss[73:] = np.nan
    return steps(loss, every=25)


@faulty("not_learning", at=(0, 0), held_out=True)
def batches_of_nothing(rng: np.random.Generator) -> Columns:
    """300 rows at log(50257) = 10.82 to within a thousandth: the optimizer has no parameters."""
    return steps(10.825 + 0.01 * rng.standard_normal(300), every=10, epoch=np.arange(300) // 60)


@faulty("loss_divergence", at=(195, 235))
def a_ramp_of_batches(rng: np.random.Generator) -> Columns:
    """From row 200 on the loss doubles every 40 rows."""
    level = 0.5 * 2.0 ** (np.maximum(np.arange(400) - 200, 0) / 40)
    return steps(batches(rng, level + decay(400, 30), shape=30))


@faulty("loss_divergence", at=(40, 44))
def a_slow_ramp(rng: np.random.Generator) -> Columns:
    """From epoch 40 on the loss doubles every 20 epochs."""
    level = 0.4 * 2.0 ** (np.maximum(np.arange(120) - 40, 0) / 20)
    loss = (level + decay(120, 8)) * (1 + 0.01 * rng.standard_normal(120))
    return {"loss": loss, "val_loss": 1.1 * loss}


@faulty("loss_divergence", at=(60, 66), held_out=True)
def a_ramp_in_noise(rng: np.random.Generator) -> Columns:
    """From epoch 60 on the loss climbs back to its start over forty epochs."""
    level = 0.3 + 2 * decay(140, 12) + np.clip((np.arange(140) - 60) / 40, 0, 1) * 2
    return {"loss": level * (1 + 0.03 * rng.standard_normal(140))}


@faulty("loss_divergence", at=(14, 14))
def a_generator_of_another_split(rng: np.random.Generator) -> Columns:
    """Both losses jump by a factor of five, accuracy halves, all stay."""
    loss, accuracy = classifier(rng, 25)
    loss[14:] = 1.7 + 0.03 * rng.standard_normal(11)
    accuracy[14:] = 0.4
    return {"loss": loss, "accuracy": accuracy, "val_loss": 1.1 * loss}


@faulty("loss_divergence", at=(22, 22), held_out=True)
def adam_after_convergence(rng: np.random.Generator) -> Columns:
    """At 1e-4 for long; then to 0.9 in an epoch, and there for good."""
    loss = np.maximum(1.5 * decay(40, 2), 1e-4) * np.exp(0.3 * rng.standard_normal(40))
    loss[22:] = 0.9 + 0.02 * rng.standard_normal(18)
    return {"loss": loss, "accuracy": np.where(np.arange(40) < 22, 0.999, 0.62)}


@faulty(*STUCK, at=(0, 0))
def thousand_at_chance(rng: np.random.Generator) -> Columns:
    """A thousand classes at 6.908, accuracy 0.001."""
    return {
        "loss": 6.908 + 0.001 * rng.standard_normal(10),
        "accuracy": 0.001 + 0.0001 * rng.standard_normal(10),
        "val_loss": 6.908 + 0.002 * rng.standard_normal(10),
        "val_accuracy": np.full(10, 0.001),
    }


@faulty(*STUCK, at=(0, 0), held_out=True)
def seven_classes_all_the_same(rng: np.random.Generator) -> Columns:
    """Labels from 0 to 6 of unequal shares: constant accuracy 0.25, loss at the entropy 1.84."""
    loss = 1.84 + 0.002 * rng.standard_normal(20)
    loss[0] = 2.4
    return {"loss": loss, "accuracy": np.append(0.21, np.full(19, 0.2513))}


@faulty(*STUCK, at=(0, 0))
def wrong_by_design(rng: np.random.Generator) -> Columns:
    """A cross-entropy of clipped zeros: 8.06, that is half of log(1e7), with accuracy 0.5."""
    return {"loss": 8.06 + 0.01 * rng.standard_normal(15), "accuracy": np.full(15, 0.5)}


@faulty("oscillating_loss", "loss_divergence", at=(0, 16), may_show=("loss_spike", *STUCK))
def a_rate_far_too_high(rng: np.random.Generator) -> Columns:
    """A loss that jumps between 1 and 40 from epoch to epoch, for 40 epochs."""
    return {"loss": np.exp(rng.uniform(0, 3.7, 40))}


@faulty("loss_spike", "oscillating_loss", "loss_divergence", at=(9, 12), held_out=True)
def spikes_that_keep_coming(rng: np.random.Generator) -> Columns:
    """Every eight epochs, from the tenth on, the loss goes to its start and needs three epochs."""
    loss, accuracy = classifier(rng, 60)
    for first in range(10, 57, 8):
        loss[first : first + 3] += np.array([2.0, 1.0, 0.5])
    return {"loss": loss, "accuracy": accuracy}


@faulty("nonfinite_loss", at=(30, 30))
def validation_overflows(rng: np.random.Generator) -> Columns:
    loss, accuracy = classifier(rng, 40)
    return {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": np.where(np.arange(40) < 30, 1.1 * loss, np.inf),
    }


@faulty("validation_spike", "loss_divergence", at=(20, 20), held_out=True)
def validation_at_chance_for_good(rng: np.random.Generator) -> Columns:
    """From epoch 20 on the model is evaluated with broken statistics."""
    loss, accuracy = classifier(rng, 40)
    validation, right = 1.1 * loss, accuracy - 0.03
    validation[20:], right[20:] = 30 + 5 * rng.random(20), 0.1
    return {"loss": loss, "accuracy": accuracy, "val_loss": validation, "val_accuracy": right}


@faulty("loss_divergence", at=(2, 8))
def unbounded_below(rng: np.random.Generator) -> Columns:
    """A cross-entropy of targets beyond one: 0.6, -0.1, then down faster and faster."""
    index = np.arange(30)
    return {"loss": 0.7 - 0.05 * index**2.5 + 0.05 * rng.standard_normal(30)}


@faulty("loss_divergence", at=(0, 2))
def up_from_the_start(rng: np.random.Generator) -> Columns:
    """0.8 in the first epoch, and ten times that by the tenth."""
    return {"loss": 0.8 * 1.29 ** np.arange(12) * (1 + 0.02 * rng.standard_normal(12))}


@faulty("not_learning", at=(0, 0), held_out=True)
def mae_of_the_mean(rng: np.random.Generator) -> Columns:
    """A regression that predicts the mean from the first epoch on, to three digits."""
    noise = rng.standard_normal((2, 30))
    return {"loss": 25.13 + 0.02 * noise[0], "val_loss": 24.8 + 0.03 * noise[1]}

"""Logs of epochs that look odd and are healthy."""

from __future__ import annotations

import numpy as np

from benchmarks.logs.log import healthy
from tests.histories import Columns, classifier, decay


@healthy()
def hundreds_of_epochs_on_little_data(rng: np.random.Generator) -> Columns:
    """500 epochs; the loss is noisy by a fifth, validation rises slowly."""
    loss = (0.02 + 0.7 * decay(500, 60)) * np.exp(0.2 * rng.standard_normal(500))
    validation = (0.4 + 0.4 * decay(500, 30) + 0.001 * np.arange(500)) * np.exp(
        0.1 * rng.standard_normal(500)
    )
    return {"loss": loss, "accuracy": 1 - 0.5 * np.minimum(loss, 1), "val_loss": validation}


@healthy()
def dropout_and_augmentation_for_long(rng: np.random.Generator) -> Columns:
    """150 epochs that end in a long, slightly rising plateau, as augmented images give."""
    index = np.arange(150)
    loss = 0.75 + 0.9 * decay(150, 10) + 0.0009 * index + 0.008 * rng.standard_normal(150)
    return {"loss": loss, "accuracy": 0.75 - 0.3 * decay(150, 10), "val_loss": 0.95 * loss}


@healthy(held_out=True)
def a_drop_at_each_milestone(rng: np.random.Generator) -> Columns:
    """A rate cut at epochs 30, 60 and 80 of 90; between, the loss is flat or rises a bit."""
    index = np.arange(90)
    level = np.select([index < 30, index < 60, index < 80], [1.9, 1.2, 0.95], 0.85)
    loss = level + 3 * decay(90, 4) + 0.002 * (index % 30) + 0.01 * rng.standard_normal(90)
    return {"loss": loss, "accuracy": 1 - loss / 7, "val_loss": loss + 0.1}


@healthy()
def stochastic_weights(rng: np.random.Generator) -> Columns:
    """A cyclic rate in the log, cycles of five epochs, loss up by a third as it is raised."""
    index = np.arange(60)
    phase = (index % 5) / 4
    loss = 0.25 + 1.5 * decay(60, 8) + 0.1 * (index > 30) * (1 - phase)
    return {"loss": loss * (1 + 0.02 * rng.standard_normal(60)), "lr": 0.05 * (1.1 - phase)}


@healthy(may_show=("loss_spike",))
def a_curriculum(rng: np.random.Generator) -> Columns:
    """Harder data from epoch 10 and 20 on; each time the loss comes down again, not all the way."""
    index = np.arange(30)
    loss = 0.1 + 0.12 * (index // 10) + 0.9 * np.exp(-(index % 10) / 2)
    return {"loss": loss * (1 + 0.02 * rng.standard_normal(30)), "accuracy": 1 - loss / 2}


@healthy(held_out=True)
def longer_sequences(rng: np.random.Generator) -> Columns:
    """The context is doubled at epoch 12: the loss steps up by a tenth of what was gained."""
    index = np.arange(25)
    loss = 2.0 + 4 * decay(25, 4) + 0.35 * (index >= 12) * np.exp(-(index - 12) / 6)
    return {"loss": loss + 0.01 * rng.standard_normal(25), "val_loss": loss + 0.1}


@healthy()
def a_penalty_that_is_ramped(rng: np.random.Generator) -> Columns:
    """The weight of a VAE's divergence rises over twenty epochs, and the sum of losses with it."""
    index = np.arange(50)
    reconstruction = 60 + 140 * decay(50, 5)
    divergence = 25 * np.minimum(index / 20, 1) * (1 + 0.3 * decay(50, 15))
    loss = reconstruction + divergence + 0.5 * rng.standard_normal(50)
    return {"loss": loss, "reconstruction_loss": reconstruction, "kl_loss": divergence}


@healthy()
def a_large_constant(rng: np.random.Generator) -> Columns:
    """A loss of which 100 does not depend on the model; what does falls from 1 to 0.05."""
    return {"loss": 100.05 + 0.95 * decay(40, 8) + 0.004 * rng.standard_normal(40)}


@healthy(held_out=True)
def energies(rng: np.random.Generator) -> Columns:
    """A variational energy from -12.1 to -14.67, with noise that shrinks."""
    left = decay(120, 20)
    return {"loss": -14.67 + 2.5 * left + 0.2 * left * rng.standard_normal(120)}


@healthy()
def understood_late(rng: np.random.Generator) -> Columns:
    """Training is at zero by epoch 100, validation at three times chance until epoch 300."""
    index = np.arange(500)
    loss = np.maximum(3 * decay(500, 12), 1e-5) * np.exp(0.2 * rng.standard_normal(500))
    late = 1 / (1 + np.exp((index - 320) / 15))
    return {
        "loss": loss,
        "accuracy": 1 - np.minimum(loss, 1) * 0.9,
        "val_loss": 0.1 + 9 * late * (1 - decay(500, 20)) + 3 * decay(500, 10),
        "val_accuracy": 1 - 0.97 * late,
    }


@healthy()
def a_descent_in_two_acts(rng: np.random.Generator) -> Columns:
    """Validation falls, rises while training reaches zero, and falls below its first dip."""
    index = np.arange(200)
    validation = 0.5 + decay(200, 10) + 0.6 * np.exp(-(((index - 60) / 25) ** 2)) - 0.001 * index
    return {"loss": 1.5 * decay(200, 25) + 0.001, "val_loss": validation}


@healthy(held_out=True)
def a_small_validation_set(rng: np.random.Generator) -> Columns:
    """Validation on ten samples: its loss jumps by factors, its accuracy by tenths."""
    loss, accuracy = classifier(rng, 60)
    right = rng.binomial(10, 0.7, 60) / 10
    return {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": 0.6 * np.exp(0.6 * rng.standard_normal(60)),
        "val_accuracy": right,
    }


@healthy()
def batch_norm_on_small_batches(rng: np.random.Generator) -> Columns:
    """Validation spikes tenfold every few epochs, accuracy with it, and is well at the end."""
    loss, accuracy = classifier(rng, 50)
    validation, right = 1.1 * loss, accuracy - 0.03
    spikes = rng.random(50) < 0.2
    spikes[-6:] = False
    return {
        "loss": loss,
        "accuracy": accuracy,
        "val_loss": np.where(spikes, validation * 10, validation),
        "val_accuracy": np.where(spikes, right * 0.4, right),
    }


@healthy()
def one_class_in_twenty(rng: np.random.Generator) -> Columns:
    """Fraud: the accuracy is that of always saying no, the loss falls well below its entropy."""
    left = decay(25, 6)
    return {"loss": 0.03 + 0.15 * left, "accuracy": 0.95 + 0.03 * (1 - left)}


@healthy(held_out=True)
def a_pretrained_head(rng: np.random.Generator) -> Columns:
    """Transfer: the first epoch does it all, and then nothing moves but by noise."""
    noise = rng.standard_normal((2, 12))
    loss = np.append(0.35, 0.11 + 0.004 * noise[0][1:])
    return {"loss": loss, "accuracy": np.append(0.88, 0.962 + 0.001 * noise[1][1:])}


@healthy()
def a_segmentation(rng: np.random.Generator) -> Columns:
    """A dice loss below zero, towards -0.9, with an accuracy of pixels that starts at 0.95."""
    left = decay(40, 10)
    return {"loss": -0.9 + 0.7 * left + 0.01 * rng.standard_normal(40), "acc": 0.985 - 0.03 * left}


@healthy()
def tagging_with_masks(rng: np.random.Generator) -> Columns:
    """The loss leaves out the padding and the accuracy counts it in, as wrong."""
    left = decay(20, 4)
    return {"loss": 0.02 + 1.2 * left, "accuracy": 0.31 - 0.12 * left}


@healthy(held_out=True)
def a_ranking(rng: np.random.Generator) -> Columns:
    """A hinge at one at first, with an accuracy of pairs near a half, learning slowly."""
    left = decay(40, 20)
    loss = 0.45 + 0.54 * left + 0.01 * rng.standard_normal(40)
    return {"loss": loss, "accuracy": 0.78 - 0.27 * left}


@healthy()
def resumed_three_times(rng: np.random.Generator) -> Columns:
    """Three stages, each with a fresh optimizer and a bump of a third at its first epoch."""
    loss = 0.2 + 2 * decay(45, 8)
    loss[15::15] *= 1.35
    return {"loss": loss * (1 + 0.01 * rng.standard_normal(45))}


@healthy()
def five_epochs_of_regression(rng: np.random.Generator) -> Columns:
    """Five epochs of prices: 5e10 to 4e9."""
    loss = 5e10 * np.array([1.0, 0.4, 0.15, 0.1, 0.08]) * (1 + 0.05 * rng.standard_normal(5))
    return {"loss": loss, "mae": np.sqrt(loss), "val_loss": loss * 0.9}


@healthy(held_out=True)
def a_slow_learner(rng: np.random.Generator) -> Columns:
    """A thousand classes under plain descent: 6.9 to 6.3 in ten epochs, accuracy 0.001 to 0.02."""
    index = np.arange(10)
    return {
        "loss": 6.9 - 0.06 * index + 0.01 * rng.standard_normal(10),
        "accuracy": 0.001 + 0.0002 * index**2,
    }

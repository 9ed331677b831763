"""Logs in shapes that no rule was made for: epochs by the hundred, noise of single batches.

Written and labelled before any rule had judged them. What is `held_out` was judged once, when all
changes of rules were done.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from tests.histories import Columns, History, classifier, decay

STUCK = ("not_learning", "chance_accuracy")


@dataclasses.dataclass(frozen=True)
class Unseen:
    """A history and what must be told of it; nothing above an info where there are no kinds.

    Attributes:
      history: Makes the columns.
      kinds: One of these must be told, as a warning at least.
      first: First row at which it may set in; rows count from 0.
      last: Last such row.
      may_show: Kinds that are true beside.
      held_out: Whether no rule was changed after a look at it.
    """

    history: History
    kinds: tuple[str, ...] = ()
    first: int = 0
    last: int = 0
    may_show: tuple[str, ...] = ()
    held_out: bool = False


UNSEEN: dict[str, Unseen] = {}


def healthy(
    *, may_show: Sequence[str] = (), held_out: bool = False
) -> Callable[[History], History]:
    def add(history: History) -> History:
        UNSEEN[history.__name__] = Unseen(history, may_show=tuple(may_show), held_out=held_out)
        return history

    return add


def faulty(
    *kinds: str, at: tuple[int, int], may_show: Sequence[str] = (), held_out: bool = False
) -> Callable[[History], History]:
    def add(history: History) -> History:
        UNSEEN[history.__name__] = Unseen(history, kinds, *at, tuple(may_show), held_out)
        return history

    return add


def steps(loss: np.ndarray, every: int = 1, **columns: np.ndarray) -> Columns:
    """Returns the log of a program that writes a row each so many steps, and knows no epochs."""
    return {"step": every * np.arange(1, len(loss) + 1), "loss": loss, **columns}


def batches(rng: np.random.Generator, level: np.ndarray, shape: float = 3.0) -> np.ndarray:
    """Returns losses of single batches about a level: gamma noise, which is skewed to the right."""
    return level * rng.gamma(shape, 1 / shape, len(level))


# Healthy: single batches.


@healthy()
def batches_of_a_language_model(rng: np.random.Generator) -> Columns:
    """2000 batches from log(V) down, noise of 5 %, now and then a long odd document."""
    loss = (3.1 + 7.5 * decay(2000, 250)) * (1 + 0.05 * rng.standard_normal(2000))
    odd = rng.random(2000) < 0.005
    return steps(np.where(odd, loss * rng.uniform(1.3, 2.2, 2000), loss))


@healthy()
def batches_of_two_samples(rng: np.random.Generator) -> Columns:
    """Losses of batches so small that they vary by their own size."""
    return steps(batches(rng, 0.3 + 2 * decay(1500, 200), shape=1.5))


@healthy(held_out=True)
def batches_of_a_detector(rng: np.random.Generator) -> Columns:
    """Log-normal losses of images with one object or with fifty."""
    return steps((0.8 + 3 * decay(1200, 150)) * np.exp(0.5 * rng.standard_normal(1200)), every=10)


@healthy()
def batches_with_warm_up_and_cosine(rng: np.random.Generator) -> Columns:
    """A plateau of 50 rows under warm-up, then a fall, with the rate in the log."""
    index = np.arange(800)
    rate = np.minimum(index / 100, 1) * 0.5 * (1 + np.cos(np.pi * index / 800)) * 1e-3
    level = 1.5 + 5.4 * np.exp(-np.cumsum(rate) / 0.04)
    return steps(level * (1 + 0.03 * rng.standard_normal(800)), every=50, learning_rate=rate)


@healthy()
def batches_of_reinforcement_without_reward(rng: np.random.Generator) -> Columns:
    """A TD loss that grows as the values do, said to be one by its own name beside the loss."""
    loss = batches(rng, 0.02 + 1.2 * (1 - decay(600, 200)), shape=4)
    return steps(loss, every=100, td_loss=loss)


@healthy(held_out=True)
def batches_of_a_policy(rng: np.random.Generator) -> Columns:
    """A policy loss about zero, of no trend and of changing width."""
    width = 0.02 + 0.05 * np.abs(np.sin(np.arange(400) / 40))
    return steps(width * rng.standard_normal(400), every=2048)


@healthy()
def near_zero_with_wrong_samples(rng: np.random.Generator) -> Columns:
    """Nearly all batches are at 1e-4, and a few hold a sample that is labelled wrongly."""
    loss = np.maximum(2.3 * decay(1000, 60), 1e-4) * np.exp(0.3 * rng.standard_normal(1000))
    wrong = rng.random(1000) < 0.02
    return steps(np.where(wrong, loss + rng.uniform(0.1, 0.4, 1000), loss))


@healthy(held_out=True)
def few_batches(rng: np.random.Generator) -> Columns:
    """Fourteen rows of a fine-tuning, noisy."""
    return steps((0.3 + 0.5 * decay(14, 5)) * (1 + 0.15 * rng.standard_normal(14)), every=10)


# Healthy: epochs.


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
    """A rate cut at 30, 60 and 80 of 90 epochs; between the cuts the loss is flat or rises a bit."""
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
    """Validation falls, rises to a peak while training reaches zero, and falls below its first dip."""
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


# Faulty: single batches.


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


# Faulty: epochs.


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
    for first in range(10, 60, 8):
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

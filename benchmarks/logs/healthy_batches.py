"""Losses of single batches that look odd and are healthy."""

from __future__ import annotations

import numpy as np

from benchmarks.logs.log import batches, healthy, steps
from tests.histories import Columns, decay


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

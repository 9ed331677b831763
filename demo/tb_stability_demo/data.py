"""Generated data that several cases learn from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Split(NamedTuple):
    """Samples and labels to train on, and others to validate with."""

    x: np.ndarray
    y: np.ndarray
    validation_x: np.ndarray
    validation_y: np.ndarray

    @property
    def validation(self) -> tuple[np.ndarray, np.ndarray]:
        """What ``fit`` takes as ``validation_data``."""
        return self.validation_x, self.validation_y


def split(x: np.ndarray, y: np.ndarray, validation_share: float = 0.2) -> Split:
    """Keep the last part for validation."""
    kept = round(len(x) * (1 - validation_share))
    return Split(x[:kept], y[:kept], x[kept:], y[kept:])


def clusters(
    seed: int,
    samples: int,
    classes: int,
    features: int = 16,
    clusters_per_class: int = 3,
    noise: float = 0.4,
) -> Split:
    """Balanced classes of several clusters each, every feature about standard normal.

    A linear model cannot tell the classes apart, as the clusters of one class lie anywhere; a net
    with one hidden layer learns to, for all but a few samples. More ``noise``, the deviation within
    a cluster, makes the classes overlap.
    """
    rng = np.random.default_rng(seed)
    centres = rng.normal(0, 1, (classes, clusters_per_class, features))
    labels = np.arange(samples) % classes
    rng.shuffle(labels)
    cluster = rng.integers(0, clusters_per_class, samples)
    x = centres[labels, cluster] + rng.normal(0, noise, (samples, features))
    return split((x / np.hypot(1, noise)).astype("float32"), labels.astype("int32"))

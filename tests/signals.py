"""Series with a known onset: what detectors and rules are tested on.

Each takes a seeded generator and returns losses or log-norms, float64, shape ``[points]``.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Signal = npt.NDArray[np.float64]


def falling(rng: np.random.Generator, points: int = 60, noise: float = 0.02) -> Signal:
    """A loss that falls from about 2.3 towards 0.3."""
    return 0.3 + 2.0 * np.exp(-np.arange(points) / 10) + rng.normal(0, noise, points)


def plateau(rng: np.random.Generator, points: int = 60, noise: float = 0.02) -> Signal:
    """A loss that stays at 0.7: label noise, or nothing to learn."""
    return 0.7 + rng.normal(0, noise, points)


def reaching_zero(rng: np.random.Generator, points: int = 60) -> Signal:
    """A loss that falls to 1e-7 and wobbles there by factors of ten."""
    level = 2.3 * 10.0 ** (-np.arange(points) / 6)
    return np.maximum(level, 1e-7) * 10.0 ** rng.normal(0, 0.3, points)


def negative(rng: np.random.Generator, points: int = 60) -> Signal:
    """A log-likelihood that falls through zero to -3."""
    return -3.0 + 5.0 * np.exp(-np.arange(points) / 10) + rng.normal(0, 0.05, points)


def heavy_tailed(rng: np.random.Generator, points: int = 60) -> Signal:
    """Losses of small batches: a falling level with the tails of a Student t of 3 degrees."""
    level = 0.5 + 1.5 * np.exp(-np.arange(points) / 15)
    return level + 0.05 * rng.standard_t(3, points)


def transient(rng: np.random.Generator, points: int = 60) -> Signal:
    """A loss that starts at 50 and is at 1 after three points."""
    return falling(rng, points) + 50.0 * np.exp(-np.arange(points) * 1.5)


def restarts(rng: np.random.Generator, points: int = 90) -> Signal:
    """Cosine restarts of the learning rate: small, regular rises that die away."""
    phase = np.arange(points) % 30 / 30
    return falling(rng, points, 0.01) + 0.12 * (np.arange(points) >= 30) * (1 - phase) ** 4


HEALTHY: dict[str, Callable[[np.random.Generator], Signal]] = {
    function.__name__: function
    for function in (falling, plateau, reaching_zero, negative, heavy_tailed, transient, restarts)
}


def stepped(base: Signal, onset: int, rise: float) -> Signal:
    """Adds a rise that stays, from point `onset` on."""
    return base + rise * (np.arange(len(base)) >= onset)


def ramped(base: Signal, onset: int, slope: float) -> Signal:
    """Adds a rise of `slope` a point, from point `onset` on."""
    return base + slope * np.maximum(0, np.arange(len(base)) - onset + 1)


def spiked(base: Signal, onset: int, height: float, width: int) -> Signal:
    """Adds a rise of `width` points at `onset` that then is gone."""
    index = np.arange(len(base))
    return base + height * ((index >= onset) & (index < onset + width))


def broken(base: Signal, onset: int) -> Signal:
    """Turns everything into NaN from point `onset` on."""
    return np.where(np.arange(len(base)) >= onset, np.nan, base)

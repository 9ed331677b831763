"""The contract that every detector fulfils."""

from __future__ import annotations

import dataclasses
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating]


@dataclasses.dataclass(frozen=True)
class Detection:
    """One episode in which a series breaks a rule.

    Attributes:
      start: Index of the episode's first point, found by walking back from `certain`.
      certain: Index of the point at which the rule was first met for sure.
      end: Index of the first point after the episode; None where it lasts to the end of the data.
      value: The most extreme value of the episode.
      threshold: What the value had to pass.
      baseline: What the series was before, NaN where the rule needs none.
      spread: Robust standard deviation about the baseline, NaN where the rule needs none.
    """

    start: int
    certain: int
    end: int | None
    value: float
    threshold: float = np.nan
    baseline: float = np.nan
    spread: float = np.nan


class Detector(Protocol):
    """A numeric rule.

    Every detector keeps these promises, and the tests check them for each:

    * it never raises for a one-dimensional array of floats, whatever it holds: NaN, infinities,
      constants, one point, none;
    * it never changes its input, and the same input gives the same output;
    * detections do not overlap, come in order, and ``start <= certain < end``;
    * missing points are NaN, and are no evidence of anything but where the rule says so;
    * what it judges abnormal never becomes part of the baseline that it judges by.
    """

    def detect(self, values: FloatArray) -> list[Detection]:
        """Returns the episodes found in a series of shape ``[points]``."""
        ...

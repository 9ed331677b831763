"""Every number that a rule uses, in one place."""

from __future__ import annotations

import dataclasses
import inspect
import math
import re
from collections.abc import Mapping
from typing import Any

from tb_stability.detectors import Departure, Excursion


class ThresholdError(ValueError):
    """Raised for a threshold that does not exist or cannot have the value given."""


# Far beyond every scale there is, so that no rule overflows: a request may name any number.
MOST = 1_000_000_000_000


@dataclasses.dataclass(frozen=True)
class Thresholds:
    """Thresholds of all rules; the defaults are meant to be left alone.

    Attributes:
      spreads: How many robust standard deviations a value must leave its baseline by, in every rule
        that has one. Default 6: one point in a thousand million of normal noise, and the noise of
        training has longer tails.
      loss_giveback: Fraction of the improvement since the start that a loss must give back before
        it counts as a spike or a divergence. Default 0.2: a loss that wobbles about its best
        value has given back little, however many standard deviations that may be.
      loss_relative: Least rise of the loss as a fraction of its level. Default 0.1: what batches,
        dropout and augmentation change it by from epoch to epoch.
      loss_patience: Windows that the loss must stay up, or down again. Default 3: fewer may be one
        bad batch that lies across two windows.
      loss_patience_epochs: The same in epochs, for runs that logged epochs only. Default 2, since
        an epoch is the mean of many batches.
      spike_giveback: As `loss_giveback`, for the highest step of a window: a spike that only some
        steps show. Default 0.5, since single batches vary more than their mean.
      spikes: So many recovered spikes in one run are worth a warning. Default 3: one may be a bad
        batch, and two chance.
      spike_share: Share of the run that spikes must take up to be worth one. Default 0.05, one
        window or epoch in twenty.
      loss_plunge: How many times its own scale a loss must fall below zero to have no bound.
        Default 20, and only while it falls faster and faster.
      oscillation_points: Epochs over which a loss must go up and down by turns to oscillate, or
        twice as many windows. Default 10: independent noise does so once in a thousand runs.
      oscillation_swing: What each epoch is off the one before by, as a fraction of the level, where
        no order is asked of it. Default 0.5: the mean of an epoch is off by 0.05 where training is
        well, of small data by 0.2.
      boundary_jumps: So many jumps of the loss at epoch boundaries recur. Default 3, as of spikes.
      learning_epochs: Epochs after which a run should have learnt something. Default 3: what people
        wait before they ask.
      learning_improvement: Fraction by which the best loss should be below the untrained one.
        Default 0.1: a tenth of log(N), the loss of chance, is far from any use.
      learning_improvement_epochs: The same below the loss of the first epoch, where no steps were
        logged. Default 0.01, since most of the learning may lie within that epoch.
      contradiction: Factor by which the error rate of a classifier must exceed what its loss
        allows, ``loss / log 2``. Default 10, which leaves room for weights of samples and masks.
      accuracy_fall: Part of its best that an accuracy must lose for good to have collapsed. Default
        0.3: from 0.95 to 0.66 or less. Overfitting costs a tenth.
      unit_fraction: Fraction of dead or saturated units that is large. Default 0.5: layers of
        healthy runs were seen to lose up to 0.42.
      unit_patience: Windows that they must stay so. Default 2, since a unit counts only if it was
        lost in all of a window.
      vanishing_ratio: Gradient norm of a layer, as a fraction of those behind it, below which it
        has vanished. Default 0.001: what five sigmoid layers leave, each of which passes on a
        quarter at best. Widths and initialisations account for a factor of ten.
      weight_growth: Growth of a layer's weight norm that is without bound, since the first window,
        or from one where it began smaller. Default 10: healthy layers double or triple.
      state_size: Mean absolute cell state that is large. Default 3: tanh(3) is 0.995, so the output
        of the cell no longer shows what is added to its state, nor passes a gradient on.
      state_growth: Growth of the cell state over the second half of the time steps that shows that
        it does not level off. Default 1.5: a state that accumulates evenly has 2, one that forgets
        has 1, and the sum of independent terms 1.41.
      logit_size: Size of logits that is large. Default 17: beyond log(2**24) = 16.6 a probability
        cannot be told from one in float32.
      input_size: Deviation or mean of an input that is not scaled. Default 30: pixels from 0 to 255
        have 70, and what is scaled has about one.
      class_share: Share of the labels that one class holds in imbalanced data. Default 0.9: to
        guess it is right so often that the accuracy says nothing.
      logit_offset: Size of the logits, as a multiple of the spread between classes, that drowns it.
        Default 5, ten times what it is in healthy runs.
      update_ratio: Change of a layer in one step, as a fraction of its norm, that is too large.
        Default 0.1, a hundred times what is healthy.
      update_ratio_least: The same that is too small for a run that does not learn. Default 1e-05,
        a hundredth of what is healthy.
      gradient_factor: Factor by which a gradient norm must leave its baseline, and the size of a
        cell state or of logits likewise. Default 3: the norms of one layer vary by a factor of two
        between healthy batches.
      gradient_floor: Gradient norm that counts as an explosion where the run failed before it had a
        baseline. Default 1000: the only absolute number, for the only case without a comparison.

    Example:

    >>> Thresholds(gradient_factor=5.0).gradient_factor
    5.0

    Raises:
      ThresholdError: If a value is not a number in its range.
    """

    spreads: float = 6.0
    loss_giveback: float = 0.2
    loss_relative: float = 0.1
    loss_patience: int = 3
    loss_patience_epochs: int = 2
    spike_giveback: float = 0.5
    spikes: int = 3
    spike_share: float = 0.05
    loss_plunge: float = 20.0
    oscillation_points: int = 10
    oscillation_swing: float = 0.5
    boundary_jumps: int = 3
    learning_epochs: int = 3
    learning_improvement: float = 0.1
    learning_improvement_epochs: float = 0.01
    contradiction: float = 10.0
    accuracy_fall: float = 0.3
    unit_fraction: float = 0.5
    unit_patience: int = 2
    vanishing_ratio: float = 1e-3
    weight_growth: float = 10.0
    state_size: float = 3.0
    state_growth: float = 1.5
    logit_size: float = 17.0
    input_size: float = 30.0
    class_share: float = 0.9
    logit_offset: float = 5.0
    update_ratio: float = 0.1
    update_ratio_least: float = 1e-5
    gradient_factor: float = 3.0
    gradient_floor: float = 1000.0

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            low = _LEAST[field.name]
            kind = int if isinstance(field.default, int) else (int, float)
            is_number = isinstance(value, kind) and not isinstance(value, bool)
            if not (is_number and low <= value <= MOST):
                name = "an integer" if kind is int else "a number"
                raise ThresholdError(
                    f"The threshold {field.name} is {_short(value)}; expected {name} of at least "
                    f"{low}, and at most {MOST:g}."
                )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Thresholds:
        """Returns the defaults with some values replaced.

        Raises:
          ThresholdError: For an unknown name, with the known ones, or an impossible value.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        for name in values:
            if name not in known:
                raise ThresholdError(
                    f"There is no threshold {name!r}. The thresholds are: {', '.join(known)}."
                )
        return cls(**values)

    @classmethod
    def describe(cls) -> list[dict[str, Any]]:
        """Returns name, default, least value and description of each threshold, for people.

        >>> Thresholds.describe()[0]["name"]
        'spreads'
        """
        attributes = (inspect.getdoc(cls) or "").partition("Attributes:\n")[2]
        found = re.findall(r"^  (\w+): (.+(?:\n    .+)*)", attributes, re.MULTILINE)
        texts = {name: " ".join(text.split()) for name, text in found}
        return [
            {
                "name": field.name,
                "default": field.default,
                "least": _LEAST[field.name],
                "integer": isinstance(field.default, int),
                "description": texts[field.name],
            }
            for field in dataclasses.fields(cls)
        ]

    def loss_excursion(self, *, epochs: bool = False) -> Excursion:
        """Returns the detector for the mean loss of windows, or of epochs."""
        return Excursion(
            spreads=self.spreads,
            relative=self.loss_relative,
            giveback=self.loss_giveback,
            patience=self.loss_patience_epochs if epochs else self.loss_patience,
        )

    def accuracy_excursion(self) -> Excursion:
        """Returns the detector for accuracies by epoch, less than zero so that a fall is a rise."""
        return Excursion(
            spreads=self.spreads, relative=self.accuracy_fall, patience=self.loss_patience_epochs
        )

    def spike_excursion(self) -> Excursion:
        """Returns the detector for the highest loss of each window."""
        return Excursion(
            spreads=self.spreads,
            relative=self.loss_relative,
            giveback=self.spike_giveback,
            patience=1,
        )

    def departure(self, until: int) -> Departure:
        """Returns the detector for the logarithm of gradient norms, logits or states."""
        rise = math.log10(max(self.gradient_factor, 1.0))
        return Departure(until=until, spreads=self.spreads, rise=rise)


_LEAST: Mapping[str, float] = {
    "spreads": 0.0,
    "loss_giveback": 0.0,
    "loss_relative": 0.0,
    "loss_patience": 1,
    "loss_patience_epochs": 1,
    "spike_giveback": 0.0,
    "spikes": 1,
    "spike_share": 0.0,
    "loss_plunge": 0.0,
    "oscillation_points": 4,
    "oscillation_swing": 0.0,
    "boundary_jumps": 1,
    "learning_epochs": 1,
    "learning_improvement": 0.0,
    "learning_improvement_epochs": 0.0,
    "contradiction": 1.0,
    "accuracy_fall": 0.0,
    "unit_fraction": 0.0,
    "unit_patience": 1,
    "vanishing_ratio": 0.0,
    "weight_growth": 1.0,
    "state_size": 0.0,
    "state_growth": 1.0,
    "logit_size": 0.0,
    "input_size": 0.0,
    "class_share": 0.0,
    "logit_offset": 0.0,
    "update_ratio": 0.0,
    "update_ratio_least": 0.0,
    "gradient_factor": 1.0,
    "gradient_floor": 0.0,
}


def _short(value: object) -> str:
    # Python refuses to write integers of thousands of digits.
    if isinstance(value, int) and abs(value) > MOST:
        return f"beyond {'-' * (value < 0)}{MOST:g}"
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:39]}…"

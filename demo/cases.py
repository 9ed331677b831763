"""The list of all demo cases, in the order in which they are shown."""

from __future__ import annotations

from demo import (
    born_dead,
    critic_without_bound,
    crossentropy_of_zero,
    exploding_lstm,
    falling_lstm,
    inverted_decay,
    learning_rate_sweep,
    logarithm_of_zero,
    positive_initialisation,
    softmax_twice,
    sorted_samples,
    unscaled_lstm,
    vanishing_gradient,
)
from demo.case import DemoCase, DemoSweep

CASES: tuple[DemoCase | DemoSweep, ...] = (
    exploding_lstm.CASE,
    falling_lstm.CASE,
    born_dead.CASE,
    sorted_samples.CASE,
    positive_initialisation.CASE,
    crossentropy_of_zero.CASE,
    softmax_twice.CASE,
    logarithm_of_zero.CASE,
    inverted_decay.CASE,
    critic_without_bound.CASE,
    *vanishing_gradient.CASES,
    unscaled_lstm.CASE,
    learning_rate_sweep.CASE,
)

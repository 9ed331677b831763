"""Whether the loss of a run is what its training is meant to lower."""

from __future__ import annotations

import re

from tb_stability.metadata import EPOCH_LOGS
from tb_stability.onsets.curve import LossCurve, training_curve
from tb_stability.series import RunSeries

# Words in the names of logs: of models that are trained against each other or towards a moving
# aim, whose losses rise as the other one gets better; and of what reinforcement learning raises,
# while its loss, the surprise about it, goes its own way.
_PLAYERS = frozenset(
    ("generator", "discriminator", "critic", "actor", "policy", "adversarial", "gen", "disc")
)
_INITIALS = frozenset(("d", "g"))
_REWARDS = frozenset(("reward", "rewards", "return", "returns", "rew", "episode", "episodic"))
# What the losses of reinforcement learning are called where no reward is logged beside them.
_SURPRISES = frozenset(("td", "value", "qf", "bellman", "surrogate"))


def lowered_curve(run: RunSeries) -> LossCurve | None:
    """Returns the training loss if training is meant to lower it, None where it is not known.

    The rules that judge a rise, a standstill or a swing of the loss as a fault ask this one. That a
    loss is finite, and has a bound, can be asked of any. A validation loss that is logged alone is
    not asked: it may rise while training is well.
    """
    curve = None if _has_another_aim(run) else training_curve(run)
    return None if curve is None or curve.series.rows[0].startswith("val_") else curve


def _has_another_aim(run: RunSeries) -> bool:
    for series in run.of_quantity(EPOCH_LOGS.name, EPOCH_LOGS.statistics):
        words = frozenset(re.split(r"[^a-z]+", series.rows[0].lower()))
        players = _PLAYERS | _INITIALS | _SURPRISES
        if words & _REWARDS or ("loss" in words and words & players):
            return True
    return False

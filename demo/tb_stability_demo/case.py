"""What a demo case is: its trainings and what must be marked on each.

Nothing here imports Keras, so that cases can be listed and their expectations read by
tests of the read side, which must work without it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tb_stability_demo.training import Training

# What else is true of a net that learns nothing, whatever the reason.
NOTHING_LEARNT = (
    "not_learning",
    "chance_accuracy",
    "vanishing_gradient",
    "logit_collapse",
    "update_ratio_low",
)


@dataclass(frozen=True)
class Expectation:
    """An onset that must be marked: its kind, its epoch and, where they are certain, more.

    Attributes:
      kind: One of `tb_stability.onsets.KINDS`.
      epoch: From the seed of the case.
      row: The row where it begins; None where chance decides.
      step: Where the data set it off at a step of their own, this step, counted from 1.
      last_epoch: The last epoch at which it may set in, where a training is so unstable that the
        rounding of another processor moves it; None for `epoch` alone.
    """

    kind: str
    epoch: int
    row: str | None = None
    step: int | None = None
    last_epoch: int | None = None


@dataclass(frozen=True)
class DemoRun:
    """One training of a case.

    Attributes:
      name: Its directory, in that of the case.
      training: Prepares it from a seed; called after Keras's own seed was set.
      expected: What must be marked. A run with nothing here is a mended one.
      told_first: The expected kind that must be told first, as the cause of all that is serious;
        None where several are at one step, or chance decides.
      may_show: Kinds that are true of the run but not what the case is about; any kind that is
        neither expected nor listed here is a false alarm.
    """

    name: str
    training: Callable[[int], Training]
    expected: tuple[Expectation, ...] = ()
    told_first: str | None = None
    may_show: tuple[str, ...] = ()


@dataclass(frozen=True)
class DemoCase:
    """A fault and its cure, side by side, or one training with one setting varied.

    Attributes:
      name: Its directory in the logdir.
      title: What is seen, in one line.
      problems: Numbers in `tb_stability_demo.problems`.
      story: What happens, why, and what mends it.
      seed: What the expectations hold for.
      runs: The trainings, faulty ones first.
      window_steps: Of the callback. Epochs are short here: several windows in each show where in
        the epoch it happens. Fewer where what leads to it takes a dozen steps only.
    """

    name: str
    title: str
    problems: tuple[int, ...]
    story: str
    seed: int
    runs: tuple[DemoRun, ...]
    window_steps: int = 10

"""Compares the onsets of a run with what it says of itself.

The expectations of a demo run were written for its own seed. From another one the epoch of a fault
may be another by rights, and the fault may not show at all, so Keras's own logs are asked, never
the engine: where a non-finite loss is expected, all epochs move with the first one logged, and a
run that logs none is left out; where no learning is expected, a run that ends as well as a mended
run of the same case and seed is left out. All other expectations are held against every seed as
they stand. A run of the faulty set says itself whether its fault shows in the logs.
"""

from __future__ import annotations

import dataclasses
import math

from benchmarks.detection.live import onsets_told
from benchmarks.detection.runs import LabelledRun, OneOf
from benchmarks.detection.training import Logs
from tb_stability.onsets import Onset, find_onsets
from tb_stability.series import RunSeries
from tb_stability_demo.case import Expectation

# Of a run that is said not to learn: it does, if it ends within this of one that learns.
AS_WELL = 0.05


@dataclasses.dataclass(frozen=True)
class Judged:
    """A run, what must be marked on it, and what was: in the end, and told while it trained."""

    run: LabelledRun
    expected: tuple[Expectation, ...]
    onsets: tuple[Onset, ...]
    told: tuple[Onset, ...] = ()

    @property
    def serious(self) -> list[Onset]:
        """The onsets of severity warning or above."""
        return [onset for onset in self.onsets if onset.severity != "info"]

    @property
    def false_alarms(self) -> list[Onset]:
        """Serious onsets of a run on which there must be none."""
        return [] if self.expected else self.serious

    @property
    def unexpected(self) -> list[Onset]:
        """Serious onsets of a faulty run that are neither expected nor allowed."""
        allowed = {kind for item in self.expected for kind in _kinds(item)} | set(self.run.may_show)
        return [onset for onset in self.serious if self.expected and onset.kind not in allowed]

    @property
    def taken_back(self) -> list[Onset]:
        """Onsets told while training of which the end of the run knows nothing serious."""
        kinds = {onset.kind for onset in self.serious}
        return [onset for onset in self.told if onset.kind not in kinds]

    def of_kind(self, expectation: Expectation) -> Onset | None:
        """Returns the first onset of the kind expected, whichever its row."""
        kinds = _kinds(expectation)
        return next((onset for onset in self.onsets if onset.kind in kinds), None)

    def match(self, expectation: Expectation) -> Onset | None:
        """Returns the first onset of the kind and row that are expected."""
        # What is to be marked on a run of the faulty set is a warning at least.
        onsets = self.serious if isinstance(expectation, OneOf) else self.onsets
        return next(
            (
                onset
                for onset in onsets
                if onset.kind in _kinds(expectation) and expectation.row in (None, onset.row)
            ),
            None,
        )

    def error(self, expectation: Expectation) -> int | None:
        """Returns how many epochs the onset is off, None where none matches."""
        onset = self.match(expectation)
        if onset is None:
            return None
        last = expectation.epoch if expectation.last_epoch is None else expectation.last_epoch
        return max(expectation.epoch - onset.epoch, onset.epoch - last, 0)

    def recalled(self, expectation: Expectation) -> bool:
        """Whether the run would be looked at: it has a serious onset, or the one expected."""
        return bool(self.serious) or self.match(expectation) is not None


def _kinds(expectation: Expectation) -> tuple[str, ...]:
    return expectation.kinds if isinstance(expectation, OneOf) else (expectation.kind,)


def judge(
    run: LabelledRun, series: RunSeries, logs: Logs, mended: Logs | None = None
) -> Judged | None:
    """Asks the engine about a run; returns None if its fault does not show from this seed.

    Args:
      run: What was trained.
      series: What the callback measured.
      logs: What Keras logged.
      mended: The logs of a mended run of the same case and seed, where there is one.
    """
    expected: tuple[Expectation, ...] | None = run.expected
    if run.faulty is not None:
        expected = run.expected if run.faulty.shows(logs) else None
    elif run.seed:
        expected = _expected_from_logs(run, logs, mended)
    if expected is None:
        return None
    onsets = tuple(find_onsets(series))
    return Judged(run, expected, onsets, onsets_told(series))


def _expected_from_logs(
    run: LabelledRun, logs: Logs, mended: Logs | None
) -> tuple[Expectation, ...] | None:
    by_kind = {expectation.kind: expectation for expectation in run.expected}
    if "nonfinite_loss" in by_kind:
        first = next(
            (epoch for epoch, loss in enumerate(logs["loss"]) if not math.isfinite(loss)), None
        )
        if first is None:
            return None
        later = first - by_kind["nonfinite_loss"].epoch
        return tuple(
            dataclasses.replace(expectation, epoch=max(expectation.epoch + later, 0))
            for expectation in run.expected
        )
    if "not_learning" in by_kind and mended is not None:
        if "accuracy" in logs:
            learns = logs["accuracy"][-1] >= mended["accuracy"][-1] - AS_WELL
        else:
            learns = logs["loss"][-1] <= mended["loss"][-1] + AS_WELL * abs(mended["loss"][-1])
        return None if learns else run.expected
    return run.expected

"""Which onsets count: those of some kinds, and those that a baseline does not have."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from tb_stability.commands.command import CommandError
from tb_stability.commands.judged_runs import JudgedRun
from tb_stability.onsets import KINDS, Onset

OnsetTest = Callable[[Onset], bool]


def of_kinds(judged: Sequence[JudgedRun], kinds: Sequence[str]) -> list[JudgedRun]:
    """Leaves out the onsets of other kinds.

    Raises:
      CommandError: For a kind that does not exist, with those that do.
    """
    for kind in kinds:
        if kind not in KINDS:
            raise CommandError(f"There is no kind {kind!r}. The kinds are: {', '.join(KINDS)}.")
    return [_keep(run, lambda onset: onset.kind in kinds) for run in judged]


def not_in_baseline(
    judged: Sequence[JudgedRun], baseline: Sequence[JudgedRun], path: str
) -> list[JudgedRun]:
    """Leaves out what the baseline has too: an onset of the same kind in the same row.

    A run is compared with the baseline's run of the same name, or with its only run. One that has
    no counterpart keeps all of its onsets, and a note says so.

    Args:
      judged: The runs to report.
      baseline: The runs of the baseline.
      path: Where the baseline is, for the note.
    """
    known = {run.series.run: run for run in baseline}
    only = baseline[0] if len(baseline) == 1 else None
    return [_new(run, known.get(run.series.run, only), path) for run in judged]


def _new(run: JudgedRun, baseline: JudgedRun | None, path: str) -> JudgedRun:
    if baseline is None:
        note = f"The baseline {path} has no run {run.series.run}: all onsets count."
        return dataclasses.replace(run, notes=(*run.notes, note))
    known = {(onset.kind, onset.row) for onset in baseline.onsets}
    return _keep(run, lambda onset: (onset.kind, onset.row) not in known)


def _keep(run: JudgedRun, counts: OnsetTest) -> JudgedRun:
    kept = [index for index, onset in enumerate(run.onsets) if counts(onset)]
    position = {index: at for at, index in enumerate(kept)}
    onsets = []
    for index in kept:
        onset = run.onsets[index]
        cause = None if onset.cause is None else position.get(onset.cause)
        onsets.append(dataclasses.replace(onset, cause=cause))
    return dataclasses.replace(run, onsets=tuple(onsets))

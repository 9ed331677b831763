"""Onsets as JSON, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, TextIO

from tensorboard.backend import json_util

from tb_stability.commands.judged_runs import JudgedRun


def write(judged: Sequence[JudgedRun], out: TextIO) -> None:
    """Writes one object with an entry a run.

    As TensorBoard does: JSON has no NaN and no infinities, so they become strings.
    """
    json.dump(json_util.Cleanse({"runs": [entry(run) for run in judged]}), out, indent=2)
    print(file=out)


def entry(run: JudgedRun) -> dict[str, Any]:
    """Returns the entry of a run; floats may be non-finite."""
    return {
        "run": run.series.run,
        "path": run.path,
        "epochs": run.series.epochs,
        "steps": run.series.steps,
        "onsets": [onset.to_dict() for onset in run.onsets],
        "notes": list(run.notes),
    }

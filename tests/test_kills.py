"""Training that is killed with SIGKILL; `make soak` does it fifty times."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

from tools.soak.kills import faults
from tools.soak.logdir import RunFound

ROOT = pathlib.Path(__file__).parents[1]
WHOLE = RunFound(10, 10, "finished", frozenset([("stability/loss", 10, "[1.0]")]))


@pytest.mark.slow
def test_a_training_that_is_killed_loses_a_window_and_goes_on() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.soak.kills", "--kills", "3", "--epochs", "15"],
        cwd=ROOT,
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
    )
    *_, onsets, last = done.stdout.splitlines() or [""]
    assert re.fullmatch(r"3 kills in \d+ s, 0 faults", last), done.stdout + done.stderr
    assert "('exploding_gradient', 121, 'hidden')" in onsets
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("found", "last_step", "saved", "fault"),
    [
        (RunFound(5, 5), 10, 0, "steps 6 to 10 are missing"),
        (RunFound(5, 5), 0, 10, "steps 6 to 10 are missing"),
        (RunFound(10, 5), 10, 0, "5 steps before the last are missing"),
        (
            RunFound(10, 10, records=frozenset([("stability/loss", 10, "[2.0]")])),
            10,
            0,
            "1 records are not those of an undisturbed training: stability/loss at step 10",
        ),
        (RunFound(10, 10, notes=("Skipped.",)), 10, 0, "there are notes: ('Skipped.',)"),
    ],
)
def test_the_proof_can_fail(found: RunFound, last_step: int, saved: int, fault: str) -> None:
    assert faults(found, WHOLE, last_step=last_step, saved=saved, window_steps=5) == [fault]
    assert faults(WHOLE, WHOLE, last_step=14, saved=10, window_steps=5) == []

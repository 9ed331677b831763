"""Kills a training with SIGKILL at random moments and looks each time at what is left.

After every kill the logdir must open, hold every step but those of the last window, hold nothing
that an undisturbed training did not write, and the training must go on from its last checkpoint.
In the end the run must be the undisturbed one, with the same onsets.

TensorFlow is imported once, and used only in forked processes: each takes a second, not ten.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import pathlib
import random
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tools.soak.logdir import LogdirReader, RunFound

KILLS = 50
# So many that the kills, which move the training on by less than an epoch each, end before it.
EPOCHS = 60
# One kill in so many hits a process that starts: while it imports, traces, creates its file.
STARTING = 5
# A kill comes at most so many steps after the first one of its process.
STEPS_BETWEEN = 20
# A process that does nothing for so long, in seconds, has hung.
PATIENCE = 300.0


class Killed:
    """A training that goes on from where it was killed.

    Args:
      directory: Where its logdir and its checkpoint are.
      epochs: Of the training.
      seed: Of the moments.
    """

    def __init__(self, directory: pathlib.Path, epochs: int, seed: int) -> None:
        self.log_dir = directory / "logs" / "run"
        self.checkpoint = directory / "model.npz"
        self._epochs = epochs
        self._random = random.Random(seed)
        self._context: Any = multiprocessing.get_context("fork")
        self._start_up = 0.5

    def finish(self) -> None:
        """Trains to the end.

        Raises:
          RuntimeError: If the process fails.
        """
        process, _ = self._started()
        process.join(PATIENCE)
        if process.exitcode != 0:
            process.kill()
            raise RuntimeError(f"the training ended with the status {process.exitcode}")

    def kill(self, number: int) -> int:
        """Starts a training and kills it; returns the last step that was done, 0 if there is none.

        Raises:
          RuntimeError: If the training ends by itself.
        """
        process, step = self._started()
        begun = time.monotonic()
        if number % STARTING == 0:
            time.sleep(self._random.uniform(0, self._start_up))
        else:
            first = self._wait(process, step, beyond=0)
            self._start_up = time.monotonic() - begun
            self._wait(process, step, beyond=first + self._random.randrange(STEPS_BETWEEN))
            # Anywhere within a step, too: in the writing of a window, or of a checkpoint.
            time.sleep(self._random.uniform(0, 0.01))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        if process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"the training ended with the status {process.exitcode}")
        return int(step.value)

    def _started(self) -> tuple[Any, Any]:
        step = self._context.Value("q", 0, lock=False)
        process = self._context.Process(
            target=_train, args=(self.log_dir, self.checkpoint, self._epochs, step)
        )
        process.start()
        return process, step

    def _wait(self, process: Any, step: Any, *, beyond: int) -> int:
        deadline = time.monotonic() + PATIENCE
        while step.value <= beyond:
            if not process.is_alive() or time.monotonic() > deadline:
                raise RuntimeError(f"no step after {step.value}, status {process.exitcode}")
            time.sleep(0.0005)
        return int(step.value)


def _train(log_dir: pathlib.Path, checkpoint: pathlib.Path, epochs: int, step: Any) -> None:
    from tools.soak.training import train

    def tell(number: int) -> None:
        step.value = number

    # What the callback says of onsets, once for each process, is none of the results.
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        train(log_dir, checkpoint, epochs, tell)


def faults(
    found: RunFound, whole: RunFound, *, last_step: int, saved: int, window_steps: int
) -> list[str]:
    """Returns what is wrong with the remains of a training that was killed.

    Args:
      found: What the logdir holds.
      whole: The undisturbed training.
      last_step: The last step that the killed process is known to have done, 0 if none is.
      saved: Step of the last checkpoint.
      window_steps: Steps in a window.
    """
    wrong = []
    if last_step - found.last_step >= window_steps or found.last_step < saved:
        wrong.append(f"steps {found.last_step + 1} to {max(last_step, saved)} are missing")
    if found.last_step and found.steps != found.last_step:
        wrong.append(f"{found.last_step - found.steps} steps before the last are missing")
    invented = [record for record in found.records if record not in whole.records]
    if invented:
        places = ", ".join(f"{tag} at step {step}" for tag, step, _ in sorted(invented)[:5])
        wrong.append(f"{len(invented)} records are not those of an undisturbed training: {places}")
    if found.notes:
        wrong.append(f"there are notes: {found.notes}")
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints what was found after each kill; returns 1 if anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tools.soak.kills", description=__doc__)
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)

    reader = LogdirReader()
    # Imported here, used in forked processes alone: TensorFlow's threads do not survive a fork.
    from tools.soak import training

    begun = time.monotonic()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as directory:
        directories = [pathlib.Path(directory) / name for name in ("undisturbed", "killed")]
        undisturbed, killed = (Killed(one, options.epochs, options.seed) for one in directories)
        undisturbed.finish()
        whole = reader.read_run(undisturbed.log_dir)
        saved = 0
        for number in range(1, options.kills + 1):
            last_step = killed.kill(number)
            found = reader.read_run(killed.log_dir)
            of_epoch = training.STEPS_PER_EPOCH
            saved = max(saved, (last_step - 1) // of_epoch * of_epoch)
            new = faults(
                found, whole, last_step=last_step, saved=saved, window_steps=training.WINDOW_STEPS
            )
            wrong += [f"kill {number}: {fault}" for fault in new]
            print(
                f"kill {number:3}: step {last_step:5} done, {found.last_step:5} recorded",
                *new,
                flush=True,
            )
        killed.finish()
        end = reader.read_run(killed.log_dir)
        if (end.records, end.status) != (whole.records, "finished"):
            wrong.append("in the end: not the records of the undisturbed training")
        if end.onsets != whole.onsets or not end.onsets:
            wrong.append(f"in the end: the onsets {end.onsets}, not {whole.onsets}")
        files = len(list(killed.log_dir.iterdir()))
    print(f"onsets over {files} files: {', '.join(map(str, end.onsets))}")
    print(f"{options.kills} kills in {time.monotonic() - begun:.0f} s, {len(wrong)} faults")
    if wrong:
        print(*wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Reads a run as `tb-stability check` does, in a process without TensorFlow."""

from __future__ import annotations

import dataclasses
import json
import logging
import multiprocessing
import pathlib
import traceback
from typing import Any

# Measured in one step of a window: in its first, but in the first window of a process, where the
# function is traced in the first, in its second.
_DEPENDS_ON_THE_START = ("update_ratio",)


@dataclasses.dataclass(frozen=True)
class RunFound:
    """What a logdir holds of its only run.

    Attributes:
      last_step: The last step recorded, 0 if there is none.
      steps: Number of steps recorded.
      status: See `tb_stability.record.RunRecord`.
      records: Tag, step and values of each record, the last as the text of a JSON list; of those
        that do not depend on where a process began.
      onsets: Kind, step and row of each onset.
      notes: What the reader has to say.
    """

    last_step: int = 0
    steps: int = 0
    status: str = "unknown"
    records: frozenset[tuple[str, int, str]] = frozenset()
    onsets: tuple[tuple[str, int | None, str | None], ...] = ()
    notes: tuple[str, ...] = ()


class LogdirReader:
    """Reads logdirs in a process of its own, which is forked before TensorFlow is imported."""

    def __init__(self) -> None:
        context: Any = multiprocessing.get_context("fork")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(other,), daemon=True)
        self._process.start()
        other.close()

    def read_run(self, log_dir: pathlib.Path) -> RunFound:
        """Returns what a run's directory holds; nothing, where no file was written yet.

        Raises:
          RuntimeError: If it cannot be read.
        """
        if not any(log_dir.glob("*tfevents*")):
            return RunFound()
        self._pipe.send(str(log_dir))
        found = self._pipe.recv()
        if not isinstance(found, RunFound):
            raise RuntimeError(f"{log_dir} cannot be read: {found}")
        return found


def _serve(pipe: Any) -> None:
    # TensorBoard tells of every restart.
    logging.disable(logging.WARNING)
    while True:
        log_dir = pipe.recv()
        try:
            pipe.send(_describe(log_dir))
        except Exception:
            pipe.send(traceback.format_exc())


def _describe(log_dir: str) -> RunFound:
    from tb_stability.logdir import LogdirError, open_logdir
    from tb_stability.onsets import find_onsets

    try:
        reader, experiment_id = open_logdir(log_dir)
    except LogdirError:  # a file that was only just created
        return RunFound()
    _, run = reader.read(".", experiment_id=experiment_id)
    windows = run.windows
    return RunFound(
        last_step=int(windows.last_step[-1]) if len(windows) else 0,
        steps=int((windows.last_step - windows.first_step + 1).sum()),
        status=run.status,
        records=frozenset(
            (series.tag, step, json.dumps(values.tolist()))
            for series in run.series
            if series.quantity not in _DEPENDS_ON_THE_START
            for step, values in zip(series.step.tolist(), series.values, strict=True)
        ),
        onsets=tuple((onset.kind, onset.step, onset.row) for onset in find_onsets(run)),
        notes=run.notes,
    )

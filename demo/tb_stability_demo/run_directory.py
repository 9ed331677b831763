"""Making room for a run, so that training a case again gives the same logdir."""

from __future__ import annotations

import shutil
from pathlib import Path


def clear_run_directory(directory: Path) -> None:
    """Remove what an earlier training left in a run's directory.

    A logdir is typed by hand, so anything but event files means that it is not ours to empty.
    """
    if directory.is_symlink():
        raise FileExistsError(f"{directory} is a symbolic link; not removed.")
    if not directory.exists():
        return
    if not directory.is_dir():
        raise FileExistsError(f"{directory} is a file; a run needs a directory.")
    for path in sorted(directory.rglob("*")):
        is_event_file = path.is_file() and ".tfevents." in path.name
        if path.is_symlink() or not (path.is_dir() or is_event_file):
            raise FileExistsError(
                f"{path} is not an event file; {directory} is left as it is. "
                "Choose another --logdir or remove it yourself."
            )
    shutil.rmtree(directory)

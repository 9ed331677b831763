"""Writes the golden event file of the current schema version: ``python -m tests.golden.make``.

A golden file is written once, when a schema version is released, and never again: it stands for the
files that people already have. `tests/test_golden.py` reads all of them.
"""

from __future__ import annotations

import pathlib
import sys

from tb_stability.metadata import SCHEMA_VERSION
from tests import synthetic


def main() -> None:
    """Writes the file, unless there is one."""
    directory = pathlib.Path(__file__).parent / f"v{SCHEMA_VERSION}"
    if directory.exists():
        sys.exit(f"{directory} exists already, and golden files are never rewritten.")
    path = synthetic.write(synthetic.exploding(), directory)
    path.rename(directory / "events.out.tfevents.1767225600.golden.stability")


if __name__ == "__main__":
    main()

"""What a subcommand of ``tb-stability`` is."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable

# Exit statuses: what `tb-stability check` promises to CI.
EXIT_STABLE = 0
EXIT_UNSTABLE = 1
EXIT_UNREADABLE = 2


class CommandError(Exception):
    """Ends a command with exit status 2; its text says what was wrong, and what to do."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A subcommand.

    Attributes:
      name: As it is typed.
      summary: One line for ``tb-stability --help``.
      description: What ``tb-stability NAME --help`` begins with.
      add_arguments: Adds its arguments to its own parser.
      run: Takes the parsed arguments and returns the exit status; may raise `CommandError`.
    """

    name: str
    summary: str
    description: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]

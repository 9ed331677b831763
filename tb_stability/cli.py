"""The command ``tb-stability``: its parser, and the subcommand that was asked for."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

from tensorboard import version

from tb_stability.commands import check, demo, report
from tb_stability.commands.command import EXIT_UNREADABLE, Command, CommandError
from tb_stability.printable import printable
from tb_stability.supported import TENSORBOARD, UnsupportedVersionError, require
from tb_stability.version import __version__

# A subcommand is a file in `commands/` that ends with its COMMAND. What needs more than the read
# side (Keras, say) it imports when it runs, not when it is listed here.
COMMANDS: tuple[Command, ...] = (check.COMMAND, demo.COMMAND, report.COMMAND)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command and returns its exit status; the entry point of ``tb-stability``."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Names may hold letters that the terminal's encoding lacks.
            stream.reconfigure(errors="backslashreplace")
    try:
        require(TENSORBOARD, version.VERSION, by="This command")
        status: int = options.run(options)
    except (CommandError, UnsupportedVersionError) as error:
        print(f"tb-stability: {printable(str(error))}", file=sys.stderr)
        return EXIT_UNREADABLE
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tb-stability", description="Onsets of instability in training runs."
    )
    parser.add_argument("--version", action="version", version=f"tb-stability {__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name, help=command.summary, description=command.description
        )
        command.add_arguments(subparser)
        subparser.set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())

"""Text that a terminal shows as it is: names come from files, and may hold anything."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Returns a text whose control and formatting characters are escaped, lone surrogates too.

    Those that turn the direction of writing are among them. Line ends are escaped as well.

    >>> printable("run\x1b[2J\n")
    'run\\x1b[2J\\n'
    """
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )

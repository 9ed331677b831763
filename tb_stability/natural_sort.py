"""Order of names as people expect it: ``lr=2`` before ``lr=10``."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Returns a sort key that compares runs of digits by their value.

    >>> sorted(["run10", "run9"], key=natural_key)
    ['run9', 'run10']
    >>> sorted(["9" * 5000, "1" + "0" * 5000], key=natural_key)[0][:3]
    '999'
    """
    return [_part_key(part) for part in _DIGITS.split(name)]


def _part_key(part: str) -> tuple[int, int, str]:
    if not part.isdecimal():
        return (1, 0, part)
    # Of two numbers the longer is the larger. Not int(part): Python refuses thousands of digits.
    digits = part.lstrip("0")
    return (0, len(digits), digits)

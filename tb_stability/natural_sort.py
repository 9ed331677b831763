"""Order of names as people expect it: ``lr=2`` before ``lr=10``."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"(\d+)")


def natural_key(name: str) -> list[tuple[int, int, str]]:
    """Returns a sort key that compares runs of digits by their value.

    >>> sorted(["run10", "run9"], key=natural_key)
    ['run9', 'run10']
    """
    parts = _DIGITS.split(name)
    return [(0, int(part), part) if part.isdecimal() else (1, 0, part) for part in parts]

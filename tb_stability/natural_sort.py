"""Order of names as people expect it: ``lr=2`` before ``lr=10``."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(\d+(?:\.\d+)?)")


def natural_key(name: str) -> list[tuple[int, int, str, str]]:
    """Returns a sort key that compares numbers, with or without decimals, by their value.

    >>> sorted(["run10", "run9"], key=natural_key)
    ['run9', 'run10']
    >>> sorted(["rate_0.1", "rate_0.05", "rate_0.001"], key=natural_key)
    ['rate_0.001', 'rate_0.05', 'rate_0.1']
    >>> sorted(["9" * 5000, "1" + "0" * 5000], key=natural_key)[0][:3]
    '999'
    """
    return [_part_key(part) for part in _NUMBER.split(name)]


def _part_key(part: str) -> tuple[int, int, str, str]:
    whole, _, decimals = part.partition(".")
    if not whole.isdecimal():
        return (1, 0, part, "")
    # Of two numbers the longer is the larger. Not int(whole): Python refuses thousands of digits.
    digits = whole.lstrip("0")
    return (0, len(digits), digits, decimals)

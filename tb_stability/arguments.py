"""The arguments of requests: what they may be, and what is said of others."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tb_stability.onsets import ThresholdError, Thresholds

# Letters of an argument that come back in the answer.
_LONGEST_ECHO = 40


class ArgumentError(ValueError):
    """Raised for a request argument that is absent or cannot be used; answered with 400."""


def text_of(args: Mapping[str, str], name: str) -> str:
    """Returns an argument that must be there."""
    value = args.get(name)
    if not value:
        raise ArgumentError(f"The argument {name!r} is missing: give the name of a {name}.")
    return value


def thresholds_of(args: Mapping[str, str]) -> Thresholds:
    """Returns the thresholds of a request, the defaults where it names none."""
    text = args.get("thresholds")
    if not text:
        return Thresholds()
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise ArgumentError(
            f"The argument 'thresholds' is {text[:_LONGEST_ECHO]!r}; expected a JSON object such "
            'as {"gradient_factor": 5}.'
        )
    try:
        return Thresholds.from_mapping(values)
    except ThresholdError as error:
        raise ArgumentError(str(error)) from None


def integer_of(args: Mapping[str, str], name: str, low: int, high: int) -> int | None:
    """Returns a whole number within two bounds, both included; None where it is absent."""
    text = args.get(name)
    if text is None:
        return None
    # Not int(text): it takes "1_0" and " 1 ", and is slow on a million digits.
    if not (text.isascii() and text.isdecimal() and len(text) <= 16 and low <= int(text) <= high):
        raise ArgumentError(
            f"The argument {name!r} is {text[:_LONGEST_ECHO]!r}; expected an integer from {low} "
            f"to {high}."
        )
    return int(text)

"""Numbers and places as they stand in messages."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Returns a value with three significant digits: ``0.357``, ``31.2``, ``1.2e+09``, ``NaN``.

    >>> number(31.24), number(123456.0), number(float("inf"))
    ('31.2', '1.23e+05', 'infinite')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "infinite" if value > 0 else "minus infinite"
    if value != 0 and not 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{digits}f}"


def place(epoch: int, step: int | None) -> str:
    """Returns ``step 676 (epoch 9)``, or ``epoch 9`` where steps were not logged."""
    return f"epoch {epoch}" if step is None else f"step {step} (epoch {epoch})"

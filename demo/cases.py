"""The list of all demo cases, in the order in which they are shown."""

from __future__ import annotations

from demo import exploding_lstm, falling_lstm
from demo.case import DemoCase

CASES: tuple[DemoCase, ...] = (exploding_lstm.CASE, falling_lstm.CASE)

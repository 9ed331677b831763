"""Two runs, and whoever judges them."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator
from typing import Any

import pytest

from tb_stability import diagnosis
from tb_stability.onsets import find_onsets
from tests import providers, synthetic
from tests.reading.counting import RUNS, Counting


@pytest.fixture
def provider(tmp_path: pathlib.Path) -> Iterator[Counting]:
    for name in RUNS:
        synthetic.write(synthetic.exploding(), tmp_path / name)
    with providers.open_provider("python loader", tmp_path) as opened:
        yield Counting(opened)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the runs that were judged."""
    found: list[str] = []

    def watched(run: Any, thresholds: Any) -> Any:
        found.append(run.run)
        return find_onsets(run, thresholds)

    monkeypatch.setattr(diagnosis, "find_onsets", watched)
    return found

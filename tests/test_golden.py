"""Event files of every schema version are read for ever, to the last bit."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from tb_stability.metadata import SCHEMA_VERSION
from tb_stability.onsets import find_onsets
from tb_stability.reader import RunReader
from tests import providers, synthetic

GOLDEN = pathlib.Path(__file__).parent / "golden"


def test_there_is_one_of_every_version() -> None:
    assert {path.name for path in GOLDEN.glob("v*")} == {
        f"v{version}" for version in range(1, SCHEMA_VERSION + 1)
    }


@pytest.mark.parametrize("kind", providers.KINDS)
def test_version_1(kind: str) -> None:
    with providers.open_provider(kind, GOLDEN / "v1") as provider:
        _, run = RunReader(provider).read(".", experiment_id="")
    written = synthetic.exploding()
    assert run.notes == ()
    assert run.record == written.record
    assert {series.tag for series in run.series} == {series.tag for series in written.series}
    for series in written.series:
        found = run.get(series.tag)
        assert found is not None
        assert found.metadata == series.metadata
        np.testing.assert_allclose(found.values, series.values, rtol=1e-6)
    assert [(onset.kind, onset.step) for onset in find_onsets(run)] == [
        ("exploding_gradient", 121),
        ("nonfinite_loss", 141),
        ("nonfinite_gradient", 141),
    ]

"""Runs to report of."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from tb_stability.commands import report_html
from tests import synthetic
from tests.browser import runs
from tests.commands.report.reports import EVIL, SCRIPT


@pytest.fixture(autouse=True)
def script(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page's script that tries to end its element; the real one needs a build."""
    path = tmp_path / "report.js"
    path.write_text(SCRIPT)
    monkeypatch.setattr(report_html, "SCRIPT", path)


@pytest.fixture
def logdir(tmp_path: pathlib.Path) -> pathlib.Path:
    """`faulty` has critical onsets, `fixed` none, `nonfinite` a cell of each kind."""
    for name, run in (
        ("faulty", synthetic.exploding()),
        ("fixed", synthetic.healthy()),
        ("nonfinite", runs.nonfinite()),
    ):
        synthetic.write(run, tmp_path / "logs" / name)
    return tmp_path / "logs"


@pytest.fixture
def hostile(tmp_path: pathlib.Path) -> pathlib.Path:
    """A run that explodes in a layer named `EVIL`, and has one of 10,000 characters."""
    run = synthetic.exploding()
    loss, gradients = run.series[:2]
    rows = ("embedding", EVIL, "a" * 10_000)
    renamed = dataclasses.replace(
        gradients, metadata=dataclasses.replace(gradients.metadata, rows=rows)
    )
    run = dataclasses.replace(run, record=None, series=(loss, renamed))
    synthetic.write(run, tmp_path / "hostile" / runs.SCRIPT_END)
    return tmp_path / "hostile"

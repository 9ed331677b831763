"""Every demo case is trained, and `tb-stability check` must say what the case says."""

from __future__ import annotations

import json
import pathlib

import pytest

from demo.__main__ import main as train
from demo.cases import CASES
from tb_stability import cli

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def checked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[object, dict[str, dict]]:
    case = request.param
    logdir: pathlib.Path = tmp_path_factory.mktemp("logs")
    assert train(["--logdir", str(logdir), "--case", case.name]) == 0
    return case, _check(logdir)


def _check(logdir: pathlib.Path) -> dict[str, dict]:
    import contextlib
    import io

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = cli.main(["check", str(logdir), "--format", "json"])
    assert status == 1
    return {run["run"]: run for run in json.loads(out.getvalue())["runs"]}


def test_the_faulty_run_is_marked_as_the_case_says(checked) -> None:
    case, runs = checked
    onsets = runs[f"{case.name}/{case.faulty.name}"]["onsets"]
    found = [(onset["kind"], onset["epoch"]) for onset in onsets]
    for expected in case.faulty.expected:
        assert (expected.kind, expected.epoch) in found
        if expected.row is not None:
            rows = [onset["row"] for onset in onsets if onset["kind"] == expected.kind]
            assert rows == [expected.row]
    allowed = {item.kind for item in case.faulty.expected} | set(case.faulty.may_show)
    assert {kind for kind, _ in found} <= allowed
    assert onsets[0]["cause"] is None
    assert onsets[0]["epoch"] == case.faulty.expected[0].epoch
    assert all(onset["remedies"] for onset in onsets if onset["severity"] != "info")


def test_the_fixed_run_is_marked_with_nothing(checked) -> None:
    case, runs = checked
    assert runs[f"{case.name}/{case.fixed.name}"]["onsets"] == []

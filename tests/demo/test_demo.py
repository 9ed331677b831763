"""Every demo run is trained, and `tb-stability check` must say what the case says of it."""

from __future__ import annotations

import contextlib
import io
import json
import pathlib
import re
from typing import Any

import pytest

from tb_stability import cli
from tb_stability_demo.case import DemoCase, DemoRun
from tb_stability_demo.cases import CASES, accumulating_lstm

pytestmark = pytest.mark.slow

Checked = tuple[DemoCase, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def checked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    case = request.param
    logdir: pathlib.Path = tmp_path_factory.mktemp("logs")
    assert cli.main(["demo", "--logdir", str(logdir), "--case", case.name]) == 0
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = cli.main(["check", str(logdir), "--format", "json"])
    runs = {run["run"]: run for run in json.loads(out.getvalue())["runs"]}
    assert status == int(any(map(is_serious, runs.values())))
    return case, {run.name: runs[f"{case.name}/{run.name}"] for run in case.runs}


def is_serious(run: dict[str, Any]) -> bool:
    return any(onset["severity"] != "info" for onset in run["onsets"])


def test_every_run_is_marked_as_the_case_says(checked: Checked) -> None:
    case, runs = checked
    for run in case.runs:
        compare(run, runs[run.name]["onsets"])
    if case.name == accumulating_lstm.CASE.name:
        # What is recommended is no shorter than what mends it.
        lengths = (accumulating_lstm.SHORT_TIME_STEPS, accumulating_lstm.TIME_STEPS)
        assert names_a_length(runs["faulty"]["onsets"][0], *lengths)


def compare(run: DemoRun, onsets: list[dict[str, Any]]) -> None:
    serious = [onset for onset in onsets if onset["severity"] != "info"]
    if not run.expected:
        assert [onset["message"] for onset in serious] == [], run.name
        return
    epochs = []
    for expected in run.expected:
        found = [onset for onset in onsets if onset["kind"] == expected.kind]
        assert len(found) == 1, (run.name, expected.kind)
        last_epoch = expected.epoch if expected.last_epoch is None else expected.last_epoch
        assert expected.epoch <= found[0]["epoch"] <= last_epoch, (run.name, expected.kind)
        epochs.append(found[0]["epoch"])
        assert expected.row in (None, found[0]["row"]), (run.name, expected.kind)
        assert expected.step in (None, found[0]["step"]), (run.name, expected.kind)
    allowed = {item.kind for item in run.expected} | set(run.may_show)
    assert {onset["kind"] for onset in serious} <= allowed, run.name
    assert onsets[0]["cause"] is None
    # Where training is stable, as while it overfits, there is nothing but an info.
    first = (serious or onsets)[0]
    assert first["epoch"] == min(epochs), run.name
    assert all(onset["remedies"] for onset in serious), run.name
    if run.told_first is not None:
        told = [onset for onset in onsets if onset in serious]
        assert (told[0]["kind"], told[0]["cause"]) == (run.told_first, None), run.name
        assert all(onset["cause"] is not None for onset in told[1:]), run.name


def names_a_length(onset: dict[str, Any], least: int, most: int) -> bool:
    found = re.search(r"at most (\d+) time steps", onset["remedies"][0]["text"])
    return found is not None and least <= int(found[1]) < most


def test_what_mends_a_run_takes_its_markers_away(checked: Checked) -> None:
    case, runs = checked
    marked = {expected.kind for run in case.runs for expected in run.expected}
    for run in case.runs:
        if not run.expected:
            left = {onset["kind"] for onset in runs[run.name]["onsets"]}
            assert left & marked == set(), run.name

"""The command line: what it prints, and how it exits."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from tb_stability import cli
from tests import synthetic
from tests.onsets.test_engine import CASE_13


def check(
    capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[int, dict[str, dict], str]:
    status = cli.main(["check", *map(str, arguments), "--format", "json"])
    printed = capsys.readouterr()
    runs = json.loads(printed.out)["runs"] if printed.out else []
    return status, {run["run"]: run for run in runs}, printed.err


@pytest.fixture
def logdir(tmp_path: pathlib.Path) -> pathlib.Path:
    synthetic.write(synthetic.exploding(), tmp_path / "faulty")
    synthetic.write(synthetic.healthy(), tmp_path / "fixed")
    return tmp_path


def test_json_has_the_promised_shape(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, runs, _ = check(capsys, logdir)
    assert status == 1
    assert runs["fixed"] == {
        "run": "fixed",
        "path": str(logdir),
        "epochs": 9,
        "steps": 180,
        "onsets": [],
        "notes": [],
    }
    onsets = runs["faulty"]["onsets"]
    assert [(onset["kind"], onset["epoch"], onset["step"], onset["row"]) for onset in onsets] == [
        ("exploding_gradient", 6, 121, "lstm"),
        ("nonfinite_loss", 7, 141, None),
        ("nonfinite_gradient", 7, 141, "dense"),
    ]
    for onset in onsets:
        assert {"severity", "message", "evidence", "remedies"} <= onset.keys()
        assert onset["severity"] == "critical"
        assert onset["remedies"]
    assert onsets[1]["evidence"]["value"] == "NaN"  # JSON knows no NaN


def test_text_tells_the_cause_first_and_what_follows_beneath(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(logdir)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "faulty: 9 epochs, 180 steps, 3 onsets"
    assert lines[1].startswith("  critical exploding_gradient: The gradient norm of lstm left its")
    assert lines[2].startswith("      try: Clip the gradient at ")
    assert any(line.startswith("    then: critical nonfinite_loss: The loss") for line in lines)
    assert lines[-1] == "fixed: 9 epochs, 180 steps, no onsets"


def test_a_stable_logdir_exits_with_0(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    synthetic.write(synthetic.healthy(), tmp_path)
    status, runs, _ = check(capsys, tmp_path)
    assert (status, list(runs)) == (0, ["."])


def test_thresholds_are_settable(logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, runs, _ = check(capsys, logdir, "--threshold", "gradient_factor=1e9")
    assert [onset["kind"] for onset in runs["faulty"]["onsets"]] == [
        "nonfinite_loss",
        "nonfinite_gradient",
    ]


def test_case_13_as_a_csv_file(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "history.csv"
    path.write_text(CASE_13)
    status, runs, _ = check(capsys, path)
    (onset,) = runs["history"]["onsets"]
    assert status == 1
    assert (runs["history"]["epochs"], runs["history"]["steps"]) == (13, 13)
    assert (onset["kind"], onset["epoch"], onset["step"]) == ("loss_divergence", 10, 10)


def foreign(path: pathlib.Path) -> None:
    writer = EventFileWriter(str(path))
    writer.add_event(event_pb2.Event(step=1, wall_time=1.0))
    writer.close()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "does not exist. Give the directory that the callback wrote to."),
        (lambda path: path.mkdir(), "is empty: no training has written to it yet."),
        (
            lambda path: (path.mkdir(), (path / "notes.txt").write_text("x")),
            "holds no event files: train with callbacks=[StabilityCallback(",
        ),
        (
            foreign,
            "holds event files of 1 run, but neither data of tb_stability nor a loss among the "
            "scalars: train with callbacks=[StabilityCallback(",
        ),
        (lambda path: path.write_text("x"), "is a file. Give a logdir, or a CSVLogger file whose"),
    ],
)
def test_what_cannot_be_read_exits_with_2_and_says_why(
    make, message: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "logs"
    make(path)
    status, runs, error = check(capsys, path)
    assert (status, runs) == (2, {})
    assert error.startswith(f"tb-stability: {path} {message}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "its first line is ''; expected a header with 'epoch'"),
        ("a,b\n1,2\n", "its first line is 'a,b'; expected a header with 'epoch'"),
        ("epoch\n1\n", "its first line is 'epoch'; expected"),
        ("epoch,loss\n", "it holds a header, but no epoch yet"),
        ("epoch,loss\n0,1.0\nx,2.0\n", "line 3 has no epoch number"),
        ("epoch,loss\n-1,1.0\n", "line 2 has no epoch number"),
        ("epoch,step,loss\n0,nan,1.0\n", "line 2 has no step number"),
        ("epoch,loss,loss\n0,1,2\n", "its header names 'loss' twice"),
        ("epoch,step\n0,1\n", "its first line is 'epoch,step'; expected"),
        ("epoch,loss\n0,NA\n", "it holds no number beside its epochs"),
        ('epoch,loss\n0,"' + "x" * 200_000, "field larger than field limit (131072)"),
    ],
)
def test_a_csv_file_of_another_kind_is_named(
    text: str, message: str, tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.csv"
    path.write_text(text)
    status, _, error = check(capsys, path)
    assert status == 2
    assert error.startswith(f"tb-stability: {path} is no CSVLogger file: {message}")


def test_bytes_that_are_no_text_are_named(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(np.arange(256, dtype=np.uint8).tobytes())
    status, _, error = check(capsys, path)
    assert status == 2
    assert "is no CSVLogger file" in error


def test_an_unknown_threshold_exits_with_2(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, error = check(capsys, logdir, "--threshold", "nonsense=1")
    assert status == 2
    assert error.startswith("tb-stability: There is no threshold 'nonsense'.")

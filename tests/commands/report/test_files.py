"""`tb-stability report`: where it goes, in which format, and what cannot be done."""

from __future__ import annotations

import pathlib

import pytest

from tb_stability import cli
from tb_stability.commands import report_html
from tests.commands.report.reports import error_of, report


def test_a_format_is_taken_from_the_name_unless_it_is_given(logdir: pathlib.Path) -> None:
    assert report(logdir, "a.md").startswith("## Stability")
    assert report(logdir, "a.JSON").startswith("{")
    assert report(logdir, "a.txt", "--format", "markdown").startswith("## Stability")
    assert report(logdir, "a.html").startswith("<!doctype html>")


def test_without_a_file_it_goes_to_standard_output(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["report", str(logdir), "--run", "fixed"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert error_of(capsys, logdir) == (
        "tb-stability: HTML is not for the terminal: give a file, -o report.html.\n"
    )


def test_what_cannot_be_done_is_said(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = logdir.parent / "nowhere" / "report.html"
    assert error_of(capsys, logdir, "-o", target) == (
        f"tb-stability: {target} cannot be written: No such file or directory. "
        "Name another with -o.\n"
    )
    assert "There is no run 'none'. The runs are: faulty, fixed, nonfinite." in error_of(
        capsys, logdir, "--run", "none", "-o", logdir.parent / "a.md"
    )
    report_html.SCRIPT.unlink()
    assert "`npm run build` in frontend/; or use --format markdown or json." in error_of(
        capsys, logdir, "-o", logdir.parent / "a.html"
    )

"""Names from event files on a terminal and in a workflow's log: shown, never obeyed."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from tb_stability import cli
from tb_stability.printable import printable
from tests import synthetic

# Clears the screen, turns the direction of writing, ends a line and begins a command of GitHub's.
HOSTILE = "lstm\x1b[2J\u202e\x07\n::error::forged\r##[error]\x9b31m\u2028</script>"
ESCAPED = "lstm\\x1b[2J\\u202e\\x07\\n::error::forged\\r##[error]\\x9b31m\\u2028</script>"


@pytest.fixture(scope="module")
def logdir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A run whose name and whose layer, the one to blame, are hostile."""
    logdir = tmp_path_factory.mktemp("logs")
    run = synthetic.exploding()
    series = [
        dataclasses.replace(
            item,
            metadata=dataclasses.replace(
                item.metadata,
                rows=tuple(HOSTILE if row == "lstm" else row for row in item.rows),
            ),
        )
        for item in run.series
    ]
    hostile = dataclasses.replace(run, series=tuple(series))
    synthetic.write(hostile, logdir / "run\x1b[2J\u202e\n::error::forged")
    return logdir


def is_plain(text: str) -> bool:
    return all(letter.isprintable() or letter == "\n" for letter in text)


@pytest.mark.parametrize("name", ["text", "github", "json"])
def test_what_check_prints_is_plain(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main(["check", str(logdir), "--format", name]) == 1
    printed = capsys.readouterr().out
    assert is_plain(printed)
    assert not any(line.startswith("::error::") for line in printed.splitlines())
    if name == "text":
        assert f"The gradient norm of {ESCAPED} left its baseline" in printed
    if name == "github":
        assert len(printed.splitlines()) == 1
        assert printed.startswith(
            "::error title=Exploding gradient in run\\x1b[2J\\u202e\\n%3A%3Ae"
        )


def test_what_cannot_be_read_is_told_in_plain_text(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(logdir), "--run", "none"]) == 2
    printed = capsys.readouterr().err
    assert is_plain(printed)
    assert printed == (
        "tb-stability: There is no run 'none'. The runs are: "
        "run\\x1b[2J\\u202e\\n::error::forged.\n"
    )


@pytest.mark.parametrize("name", ["markdown", "html", "json"])
def test_a_report_on_standard_output_is_plain(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert cli.main(["report", str(logdir), "--format", name]) == 0
    printed = capsys.readouterr().out
    # Of HTML, that is what a browser shows in place of the page: the script is our own.
    shown = printed.partition("<script")[0] if name == "html" else printed.replace("\u200b", "")
    assert is_plain(shown)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("学習率 ü é ✓", "学習率 ü é ✓"),
        ("a\ud800b", "a\\ud800b"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("\x00\x7f\x85\u00ad", "\\x00\\x7f\\x85\\xad"),
    ],
)
def test_letters_stay_and_the_rest_is_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected

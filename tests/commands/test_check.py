"""`tb-stability check` in CI: what counts, what fails, and how GitHub is told."""

from __future__ import annotations

import json
import pathlib
import re

import pytest

from tb_stability import cli
from tests import synthetic
from tests.onsets.test_engine import CASE_13

HOSTILE = "100%: a,b\r\n::error title=x::y"


@pytest.fixture
def logdir(tmp_path: pathlib.Path) -> pathlib.Path:
    """`faulty` has three critical onsets; `fixed` has none."""
    synthetic.write(synthetic.exploding(), tmp_path / "logs" / "faulty")
    synthetic.write(synthetic.healthy(), tmp_path / "logs" / "fixed")
    return tmp_path / "logs"


def check(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[dict]]:
    status = cli.main(["check", *map(str, arguments), "--format", "json"])
    printed = capsys.readouterr()
    return status, json.loads(printed.out)["runs"] if printed.out else []


def error_of(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main(["check", *map(str, arguments)]) == 2
    return capsys.readouterr().err


def kinds(run: dict) -> list[str]:
    return [onset["kind"] for onset in run["onsets"]]


OVERFIT = "epoch,loss,val_loss\n" + "".join(
    f"{epoch},{1 / (epoch + 1)},{0.3 + 0.05 * abs(epoch - 8)}\n" for epoch in range(30)
)


@pytest.mark.parametrize(
    ("severity", "of_info", "of_critical"),
    [("info", 1, 1), ("warning", 0, 1), ("critical", 0, 1), ("never", 0, 0)],
)
def test_fail_on(
    severity: str,
    of_info: int,
    of_critical: int,
    logdir: pathlib.Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    overfit = logdir.parent / "overfit.csv"
    overfit.write_text(OVERFIT)
    status, (run,) = check(capsys, overfit, "--fail-on", severity)
    assert [onset["severity"] for onset in run["onsets"]] == ["info"]
    assert status == of_info
    assert check(capsys, logdir, "--fail-on", severity)[0] == of_critical


def test_only_some_kinds_count(logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, runs = check(capsys, logdir, "--kind", "nonfinite_loss", "--kind", "dead_relu")
    assert status == 1
    assert [kinds(run) for run in runs] == [["nonfinite_loss"], []]
    # What explained it is not there any more.
    assert runs[0]["onsets"][0]["cause"] is None
    assert check(capsys, logdir, "--kind", "dead_relu")[0] == 0


def test_an_unknown_kind_is_named(logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert error_of(capsys, logdir, "--kind", "nan").startswith(
        "tb-stability: There is no kind 'nan'. The kinds are: wrong_logits_pairing, nonfinite_"
    )


def test_what_the_baseline_has_does_not_count(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, runs = check(capsys, logdir, "--baseline", logdir)
    assert (status, [kinds(run) for run in runs]) == (0, [[], []])
    # The baseline's only run is compared with every run, whatever it is called.
    base = logdir.parent / "base"
    synthetic.write(synthetic.healthy(), base / "main")
    status, runs = check(capsys, logdir, "--baseline", base)
    assert (status, len(runs[0]["onsets"])) == (1, 3)
    assert runs[0]["notes"] == []


def test_a_baseline_is_compared_by_kind_and_row(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = synthetic.exploding()
    norms = run.get("stability/gradient_norm")
    assert norms is not None
    values = norms.values
    values[12:14, [0, 1]] = values[12:14, [1, 0]]  # here the first layer explodes
    base = logdir.parent / "base"
    synthetic.write(run, base / "faulty")
    _, (explodes_there,) = check(capsys, base)
    assert explodes_there["onsets"][0]["row"] == "embedding"
    status, (faulty, _) = check(capsys, logdir, "--baseline", base)
    assert (status, kinds(faulty)) == (1, ["exploding_gradient"])


def test_a_run_that_the_baseline_lacks_is_told(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    base = logdir.parent / "base"
    for name in ("fixed", "other"):
        synthetic.write(synthetic.healthy(), base / name)
    status, (faulty, fixed) = check(capsys, logdir, "--baseline", base)
    assert status == 1
    assert faulty["notes"] == [f"The baseline {base} has no run faulty: all onsets count."]
    assert fixed["notes"] == []


def test_runs_by_name_and_pattern(logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    synthetic.write(synthetic.healthy(), logdir / "x[1]")
    assert [run["run"] for run in check(capsys, logdir, "--run", "fixed")[1]] == ["fixed"]
    assert [run["run"] for run in check(capsys, logdir, "--run", "f*")[1]] == ["faulty", "fixed"]
    assert [run["run"] for run in check(capsys, logdir, "--run", "x[1]")[1]] == ["x[1]"]
    assert error_of(capsys, logdir, "--run", "main").startswith(
        "tb-stability: There is no run 'main'. The runs are: faulty, fixed, x[1]."
    )


def test_several_paths(logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    history = logdir.parent / "history.csv"
    history.write_text(CASE_13)
    status, runs = check(capsys, logdir / "fixed", history)
    assert status == 1
    assert [(run["run"], run["path"]) for run in runs] == [
        (".", str(logdir / "fixed")),
        ("history", str(history)),
    ]
    assert cli.main(["check", str(logdir), str(history)]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith(" ")]
    assert [line.partition(": ")[0] for line in lines] == [
        f"{logdir}/faulty",
        f"{logdir}/fixed",
        str(history),
    ]


def unescape(text: str) -> str:
    for code, letter in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, letter)
    return text


def test_github_gets_one_annotation_a_story(
    logdir: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", str(logdir), "--format", "github"]) == 1
    (line,) = capsys.readouterr().out.splitlines()
    command, title, message = re.fullmatch(r"::(\w+) title=([^,:]*)::(.*)", line).groups()  # type: ignore[union-attr]
    assert (command, unescape(title)) == ("error", "Exploding gradient in faulty")
    told = unescape(message).splitlines()
    assert told[0].startswith("The gradient norm of lstm left its baseline")
    assert told[1].startswith("then: The loss became NaN at step 141")
    assert told[3].startswith("try: Clip the gradient at")


def test_names_cannot_forge_a_command(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    synthetic.write(synthetic.exploding(), tmp_path / HOSTILE)
    cli.main(["check", str(tmp_path), "--format", "github"])
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::error title=Exploding gradient in 100%25%3A a%2Cb\\r\\n%3A%3Aerror ")
    cli.main(["check", str(tmp_path)])
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith("100%: a,b\\r\\n::error title=x::y: 9 epochs")


def test_an_info_is_a_notice(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "overfit.csv"
    path.write_text(OVERFIT)
    assert cli.main(["check", str(path), "--format", "github"]) == 0
    assert capsys.readouterr().out.startswith("::notice title=Overfitting in overfit::From epoch")

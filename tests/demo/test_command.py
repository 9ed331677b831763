"""The command ``tb-stability demo``, without training anything."""

from __future__ import annotations

import builtins
import pathlib
import subprocess
import sys
from typing import Any

import pytest

from tb_stability import cli
from tb_stability_demo.run_directory import clear_run_directory

ROOT = pathlib.Path(__file__).parents[2]


def test_list_shows_the_cases_and_trains_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    assert cli.main(["demo", "--list", "--logdir", str(tmp_path / "logs")]) == 0
    out = capsys.readouterr().out
    assert "falling_lstm: Sentiment LSTM" in out
    assert "loss_divergence in epoch 10" in out
    assert not (tmp_path / "logs").exists()


def test_list_shows_the_cases_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--list", "--case", "born_dead"]) == 0
    out = capsys.readouterr().out
    assert "born_dead: " in out
    assert "falling_lstm: " not in out


def test_an_unknown_case_is_an_error_that_names_the_cases(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["demo", "--case", "born_dead", "nonsense"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("tb-stability: there is no demo case 'nonsense'. The cases are: ")
    assert "born_dead" in error


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_an_impossible_seed_is_an_error(seed: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["demo", "--seed", str(seed)]) == 2
    assert f"--seed is {seed}; expected a number from 0 to 4294967295" in capsys.readouterr().err


def test_without_tensorflow_training_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    for name in [name for name in sys.modules if name.startswith("tb_stability.capture")]:
        monkeypatch.delitem(sys.modules, name)
    found = builtins.__import__

    def import_without_keras(name: str, *rest: Any, **options: Any) -> Any:
        if name.partition(".")[0] in ("keras", "tensorflow"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name.partition(".")[0])
        return found(name, *rest, **options)

    monkeypatch.setattr(builtins, "__import__", import_without_keras)
    kept = tmp_path / "born_dead" / "faulty" / "events.out.tfevents.1.kept"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert cli.main(["demo", "--case", "born_dead", "--logdir", str(tmp_path)]) == 2
    assert 'pip install "tb_stability[train]"' in capsys.readouterr().err
    assert kept.exists(), "an earlier run is replaced by a new one, not by an error"


def test_a_directory_that_holds_something_else_is_left_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    note = tmp_path / "born_dead" / "faulty" / "notes.txt"
    note.parent.mkdir(parents=True)
    note.touch()
    assert cli.main(["demo", "--case", "born_dead", "--logdir", str(tmp_path)]) == 2
    assert "notes.txt is not an event file" in capsys.readouterr().err
    assert note.exists()


def test_event_files_of_an_earlier_training_are_removed(tmp_path: pathlib.Path) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "events.out.tfevents.1.old").touch()
    clear_run_directory(run)
    assert not run.exists()


def test_the_command_lists_without_importing_keras_or_tensorflow() -> None:
    script = (
        "import sys; from tb_stability.cli import main; main(['demo', '--list']);"
        "print(sorted({'keras', 'tensorflow', 'tb_stability.capture'} & sys.modules.keys()))"
    )
    output = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert output.splitlines()[-1] == "[]"

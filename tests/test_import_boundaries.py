"""Who may import whom (DESIGN section 6), proven in a fresh process for each module."""

from __future__ import annotations

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]

TRAINING = {"tensorflow", "keras"}
WRITE_SIDE = {"tb_stability.capture", "tb_stability.writer"}
READ_SIDE = {
    f"tb_stability.{name}"
    for name in (
        *("reader", "run_store", "first_part", "data_server", "records", "assemble"),
        *("plugin", "loader", "cli", "commands", "payload"),
    )
}
ENGINE = {"tb_stability.onsets", "tb_stability.detectors"}

# Module -> what importing it must not import, by prefix.
FORBIDDEN = {
    "tb_stability": TRAINING | WRITE_SIDE | READ_SIDE | ENGINE | {"numpy", "tensorboard"},
    "tb_stability.metadata": TRAINING | WRITE_SIDE | READ_SIDE | ENGINE,
    "tb_stability.detectors": TRAINING | {"tb_stability.series", "tb_stability.metadata"},
    "tb_stability.series": TRAINING | WRITE_SIDE | READ_SIDE | ENGINE,
    "tb_stability.merging": TRAINING | WRITE_SIDE | READ_SIDE | ENGINE | {"tensorboard"},
    "tb_stability.onsets": TRAINING | WRITE_SIDE | READ_SIDE,
    "tb_stability.csv_log": TRAINING | WRITE_SIDE | READ_SIDE | ENGINE,
    "tb_stability.scalar_runs": TRAINING | WRITE_SIDE | READ_SIDE | ENGINE | {"numpy"},
    "tb_stability.reader": TRAINING | WRITE_SIDE | ENGINE,
    "tb_stability.loader": TRAINING | WRITE_SIDE,
    "tb_stability.plugin": TRAINING | WRITE_SIDE,
    "tb_stability.cli": TRAINING | WRITE_SIDE,
    "tb_stability.writer": TRAINING | READ_SIDE | ENGINE,
    "tb_stability_demo.cases": TRAINING | {"tb_stability"},
}


def forbidden_imports(statement: str, forbidden: set[str]) -> set[str]:
    """Returns which of the forbidden prefixes a fresh interpreter has loaded after a statement."""
    script = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    result = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    loaded = result.stdout.splitlines()
    return {
        prefix
        for prefix in forbidden
        if any(name == prefix or name.startswith(f"{prefix}.") for name in loaded)
    }


@pytest.mark.parametrize("module", FORBIDDEN)
def test_a_module_imports_only_what_it_may(module: str) -> None:
    assert forbidden_imports(f"import {module}", FORBIDDEN[module]) == set()


def test_checking_a_logdir_needs_no_tensorflow() -> None:
    golden = ROOT / "tests" / "golden" / "v1"
    statement = f"from tb_stability.cli import main; main(['check', {str(golden)!r}])"
    assert forbidden_imports(statement, TRAINING) == set()


def test_the_proof_can_fail() -> None:
    found = forbidden_imports("from tb_stability import StabilityCallback", TRAINING | WRITE_SIDE)
    assert found == TRAINING | WRITE_SIDE


def test_only_capture_and_demo_name_keras_in_an_import() -> None:
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tb_stability").rglob("*.py")
        if path.parent.name != "capture"
        for line in path.read_text().splitlines()
        if line.strip().startswith(("import tensorflow", "import keras", "from keras"))
    ]
    assert offenders == []

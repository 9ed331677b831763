"""What the demo cases say of themselves."""

from __future__ import annotations

import pytest

from tb_stability.onsets import KINDS
from tb_stability_demo.cases import CASES
from tb_stability_demo.listing import describe
from tb_stability_demo.problems import PROBLEMS

# An info where it is harmless, and then on healthy runs as well.
NOT_EXPECTED = {"loss_spike"}


def test_every_problem_is_shown_by_a_case() -> None:
    assert list(PROBLEMS) == list(range(1, 16))
    shown = {number for case in CASES for number in case.problems}
    assert shown == set(PROBLEMS)


def test_cases_and_their_runs_are_told_apart() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    for case in CASES:
        assert len({run.name for run in case.runs}) == len(case.runs)


def test_every_case_has_a_faulty_run_and_a_mended_one() -> None:
    for case in CASES:
        assert {bool(run.expected) for run in case.runs} == {True, False}, case.name


def test_only_kinds_that_exist_are_expected_or_allowed() -> None:
    for case in CASES:
        for run in case.runs:
            named = {expected.kind for expected in run.expected} | set(run.may_show)
            assert named <= set(KINDS), f"{case.name}/{run.name}"


def test_what_must_be_told_first_is_expected() -> None:
    for case in CASES:
        for run in case.runs:
            if run.told_first is not None:
                assert run.told_first in {item.kind for item in run.expected}, case.name


def test_the_list_names_every_case_and_every_problem() -> None:
    text = "\n".join(describe(CASES))
    for case in CASES:
        assert f"{case.name}: {case.title}" in text
    for number, problem in PROBLEMS.items():
        (line,) = [line for line in text.splitlines() if problem in line and f" {number} " in line]
        assert any(line.endswith(case.name) for case in CASES)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - NOT_EXPECTED))
def test_every_kind_is_expected_by_a_case(kind: str) -> None:
    assert kind in {item.kind for case in CASES for run in case.runs for item in run.expected}

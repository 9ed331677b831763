"""The picture guide keeps up with the rules, and its pictures are there."""

from __future__ import annotations

import pathlib
import re

import pytest

from tb_stability.onsets.onset import KINDS
from tb_stability_demo.cases import CASES
from tools.pictures import DETAILS, MARKERS, STATES

ROOT = pathlib.Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guide.md"
IMAGES = ROOT / "docs" / "images"
HEADING = re.compile(r"^#### (.+) \(`(\w+)`\)$", re.MULTILINE)
IMAGE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)")

POINTS = ("Looks like", "Means", "Mistaken for", "Try")
LARGEST = 120_000  # bytes of one picture
LARGEST_IN_ALL = 4_000_000


def sections() -> dict[str, tuple[str, str]]:
    """Title and text of the section on each kind."""
    parts = HEADING.split(GUIDE.read_text())[1:]
    return {kind: (title, text) for title, kind, text in zip(*[iter(parts)] * 3, strict=True)}


def linked(page: pathlib.Path) -> set[pathlib.Path]:
    return {(page.parent / link).resolve() for link in IMAGE.findall(page.read_text())}


def test_every_kind_has_a_section_under_its_title() -> None:
    assert {kind: title for kind, (title, _) in sections().items()} == KINDS


@pytest.mark.parametrize("kind", KINDS)
def test_a_section_says_what_it_is_and_what_it_is_not(kind: str) -> None:
    _, text = sections()[kind]
    assert re.findall(r"^\* \*\*(.+?)\*\*: ", text, re.MULTILINE) == list(POINTS)


def test_every_kind_with_a_picture_shows_it() -> None:
    for picture in MARKERS:
        _, text = sections()[picture.kind]
        assert f"(images/{picture.kind}.png)" in text


@pytest.mark.parametrize("page", ["docs/guide.md", "README.md"])
def test_every_picture_that_is_linked_exists(page: str) -> None:
    found = linked(ROOT / page)
    assert found
    assert [path for path in found if not path.is_file()] == []


def test_every_picture_is_one_that_the_tool_takes() -> None:
    taken = {picture.kind for picture in MARKERS} | {picture.name for picture in DETAILS}
    suffixes = [f"_{theme}{width}" for theme in ("light", "dark") for width in ("", "_900")]
    taken |= {state.name + suffix for state in STATES for suffix in suffixes}
    assert {path.stem for path in IMAGES.glob("*.png")} == taken


def test_every_picture_is_of_a_run_of_the_demo() -> None:
    runs = {f"{case.name}/{run.name}" for case in CASES for run in case.runs}
    assert {picture.run for picture in (*MARKERS, *DETAILS)} <= runs
    assert {run for state in STATES for run in state.runs} <= runs


def test_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in IMAGES.iterdir()}
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}
    assert sum(sizes.values()) < LARGEST_IN_ALL
